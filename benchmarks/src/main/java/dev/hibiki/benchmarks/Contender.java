// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A server under measurement: a process of its own, how to subscribe to it and how to publish on it. */
final class Contender implements AutoCloseable {

    final String name;
    final int port;

    /** The path of a stream, and the whole of a request that publishes one event, which differ from server to server. */
    final String streamPath;

    private final boolean json;
    private final String publishPath;
    private final Process process;

    private Contender(String name, int port, String streamPath, String publishPath, boolean json, Process process) {
        this.name = name;
        this.port = port;
        this.streamPath = streamPath;
        this.publishPath = publishPath;
        this.json = json;
        this.process = process;
    }

    /** Hibiki from its jar, with a memory log. */
    static Contender hibiki(Path jar, List<String> jvmOptions) throws IOException {
        return hibiki(jar, jvmOptions, List.of("--log", "memory"));
    }

    /** Hibiki from its jar, with options of {@code serve}. */
    static Contender hibiki(Path jar, List<String> jvmOptions, List<String> options) throws IOException {
        int port = freePort();
        var command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(jvmOptions);
        command.addAll(List.of("-jar", jar.toString(), "serve", "--port", "" + port));
        command.addAll(options);
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new Contender("hibiki", port, "/api/events/bench", "/api/publish", true, process).awaitStart();
    }

    /** nginx with the nchan module, as Debian packages them, with two workers. */
    static Contender nchan(Path folder) throws IOException {
        int port = freePort();
        Path configuration = folder.resolve("nginx.conf");
        Files.writeString(configuration, """
                load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
                worker_processes 2;
                worker_rlimit_nofile 19000;
                daemon off;
                pid %s/nginx.pid;
                error_log /dev/null;
                events { worker_connections 18000; }
                http {
                  access_log off;
                  nchan_shared_memory_size 512M;
                  client_body_temp_path %s/body;
                  server {
                    listen 127.0.0.1:%d backlog=4096;
                    keepalive_requests 1000000000;
                    location /pub { nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 10000; nchan_message_timeout 1m; }
                    location /sub { nchan_subscriber eventsource; nchan_channel_id bench; nchan_subscriber_first_message newest; }
                  }
                }
                """.formatted(folder, folder, port));
        Process process = new ProcessBuilder("nginx", "-c", configuration.toString(), "-p", folder.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new Contender("nchan", port, "/sub", "/pub", false, process).awaitStart();
    }

    /** The bytes of a request that publishes an event with this data, which needs no escaping. */
    byte[] publishRequest(String data) {
        String body = json ? "{\"channel\":\"bench\",\"data\":\"" + data + "\"}" : data;
        String type = json ? "application/json" : "text/plain";
        return ("POST " + publishPath + " HTTP/1.1\r\nHost: localhost:" + port + "\r\nContent-Type: " + type
                        + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(UTF_8);
    }

    /** User and system time of the process and its children so far, in clock ticks of 10 ms. */
    long cpuTicks() throws IOException {
        long ticks = 0;
        for (long pid : pids()) {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return ticks;
    }

    /** Resident memory of the process and its children, in KB. */
    long residentKb() throws IOException {
        long kb = 0;
        for (long pid : pids()) {
            try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
                kb += lines.filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                        .sum();
            }
        }
        return kb;
    }

    private List<Long> pids() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .map(ProcessHandle::pid)
                .toList();
    }

    private Contender awaitStart() throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!accepts()) {
            if (System.nanoTime() > deadline || !process.isAlive()) {
                process.destroy();
                throw new IOException(name + " did not start");
            }
            LockSupport.parkNanos(20_000_000);
        }
        return this;
    }

    private boolean accepts() {
        try (var probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
