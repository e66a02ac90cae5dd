// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The files of a class-path folder, each at a path of its own.
 *
 * <p>They are read once, when the server starts, and become routes. So a request can only name what was there: there is no path to
 * escape from, no folder to list, and nothing to wait for on a loop. Meant for pages, some hundred files at most.
 */
final class StaticFiles {

    private static final Map<String, String> TYPES = Map.ofEntries(
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("js", "text/javascript; charset=utf-8"),
            Map.entry("mjs", "text/javascript; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("map", "application/json"),
            Map.entry("webmanifest", "application/manifest+json"),
            Map.entry("txt", "text/plain; charset=utf-8"),
            Map.entry("md", "text/plain; charset=utf-8"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("png", "image/png"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("ico", "image/x-icon"),
            Map.entry("woff2", "font/woff2"));

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /** Denies what no page of ours needs. For what is not listed the browser's defaults hold. */
    private static final String PERMISSIONS = "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(),"
            + " midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=()";

    private StaticFiles() {}

    /**
     * Adds a folder's files.
     *
     * @param path where, with or without a slash at its end
     * @throws IllegalArgumentException if there is no such folder, or something is served there already
     */
    static void add(Router router, String path, Class<?> beside, String folder) {
        String base = path.endsWith("/") ? path : path + "/";
        read(beside, folder).forEach((name, content) -> {
            Endpoint file = file(name, content);
            router.add("GET", base + name, file);
            if (name.equals("index.html") || name.endsWith("/index.html")) {
                String at = base + name.substring(0, name.length() - "index.html".length());
                router.add("GET", at, file);
                if (at.length() > 1) {
                    router.add("GET", at.substring(0, at.length() - 1), StaticFiles::toFolder);
                }
            }
        });
    }

    /** Sends a client to the folder, so that a page's relative links work. The path is one of ours, so it leads nowhere else. */
    private static void toFolder(Exchange exchange) {
        String text = exchange.head().target().text();
        String path = exchange.head().target().rawPath();
        var location = Map.of("Location", path + "/" + text.substring(path.length()));
        exchange.answer(new Response(308, "", location, Response.NO_BODY));
    }

    private static Endpoint file(String name, byte[] content) {
        String tag = tag(content);
        var headers = new HashMap<String, String>();
        headers.put("ETag", tag);
        headers.put("Cache-Control", "no-cache");
        headers.put("Content-Security-Policy", POLICY);
        headers.put("Permissions-Policy", PERMISSIONS);
        headers.put("Cross-Origin-Opener-Policy", "same-origin");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("X-Frame-Options", "DENY");
        var whole = new Response(200, type(name), headers, content);
        var unchanged = new Response(304, "", headers, Response.NO_BODY);
        return exchange -> {
            String known = exchange.head().header("if-none-match");
            exchange.answer(known != null && matches(known, tag) ? unchanged : whole);
        };
    }

    private static boolean matches(String known, String tag) {
        return known.trim().equals("*")
                || Stream.of(known.split(",", -1))
                        .map(String::trim)
                        .anyMatch(one -> (one.startsWith("W/") ? one.substring(2) : one).equals(tag));
    }

    private static String type(String name) {
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return TYPES.getOrDefault(extension, "application/octet-stream");
    }

    private static String tag(byte[] content) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
            return '"' + HexFormat.of().formatHex(hash, 0, 12) + '"';
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** All files below a folder, by their path relative to it. */
    private static Map<String, byte[]> read(Class<?> beside, String folder) {
        URL place = beside.getResource(folder);
        if (place == null) {
            throw new IllegalArgumentException(
                    "files: " + folder + " beside " + beside.getName() + " (expected: a folder of the class path)");
        }
        try {
            return place.openConnection() instanceof JarURLConnection jar
                    ? fromJar(jar)
                    : fromFolder(Path.of(place.toURI()));
        } catch (IOException | URISyntaxException unreadable) {
            throw new IllegalArgumentException(
                    "files: " + folder + " beside " + beside.getName() + " (expected: a folder that can be read)",
                    unreadable);
        }
    }

    private static Map<String, byte[]> fromFolder(Path folder) throws IOException {
        var files = new TreeMap<String, byte[]>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(path).toString().replace('\\', '/'), Files.readAllBytes(path));
            }
        }
        return files;
    }

    private static Map<String, byte[]> fromJar(JarURLConnection connection) throws IOException {
        connection.setUseCaches(false);
        String entryName = connection.getEntryName();
        String folder = entryName.endsWith("/") ? entryName : entryName + "/";
        var files = new TreeMap<String, byte[]>();
        try (JarFile jar = connection.getJarFile()) {
            for (JarEntry entry : jar.stream().toList()) {
                if (entry.getName().startsWith(folder) && !entry.isDirectory()) {
                    try (InputStream in = jar.getInputStream(entry)) {
                        files.put(entry.getName().substring(folder.length()), in.readAllBytes());
                    }
                }
            }
        }
        return files;
    }
}
