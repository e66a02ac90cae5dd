// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The packed jar as a process of its own, as a user starts it; in a directory of its own, so that its data is nobody else's. */
final class HibikiProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern LISTENING = Pattern.compile("Hibiki \\S+ is listening on (https?://\\S+)");

    private static final Path JAR = Path.of("target", "hibiki.jar").toAbsolutePath();

    private final Process process;
    private final Path directory;
    private final boolean isOwnDirectory;
    private final List<String> out = new CopyOnWriteArrayList<>();
    private final List<String> err = new CopyOnWriteArrayList<>();
    private final List<Thread> readers;

    private HibikiProcess(Process process, Path directory, boolean isOwnDirectory) {
        this.process = process;
        this.directory = directory;
        this.isOwnDirectory = isOwnDirectory;
        this.readers = List.of(collect(process.getInputStream(), out), collect(process.getErrorStream(), err));
    }

    static HibikiProcess start(String... args) throws IOException {
        return start(Map.of(), args);
    }

    static HibikiProcess start(Map<String, String> environment, String... args) throws IOException {
        return start(null, environment, List.of(), args);
    }

    /** In a directory that outlives it. */
    static HibikiProcess startIn(Path directory, String... args) throws IOException {
        return start(directory, Map.of(), List.of(), args);
    }

    /** With options for the Java virtual machine beside the usual ones. */
    static HibikiProcess start(List<String> jvmOptions, String... args) throws IOException {
        return start(null, Map.of(), jvmOptions, args);
    }

    /** Signals that whoever runs the tests has ignored, as shells do for jobs in the background, are not ignored in the child. */
    private static HibikiProcess start(
            @Nullable Path directory, Map<String, String> environment, List<String> jvmOptions, String... args)
            throws IOException {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT,TERM,HUP"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dio.netty.leakDetection.level=paranoid");
        command.addAll(jvmOptions); // last, so that one who measures can turn that off
        command.addAll(List.of("-jar", JAR.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("HIBIKI_"));
        builder.environment().putAll(environment);
        Path where = directory == null ? Files.createTempDirectory("hibiki-").toRealPath() : directory;
        builder.directory(where.toFile());
        return new HibikiProcess(builder.start(), where, directory == null);
    }

    private static Thread collect(InputStream stream, List<String> lines) {
        Thread thread = new Thread(() -> new java.io.BufferedReader(new java.io.InputStreamReader(stream, UTF_8))
                .lines()
                .forEach(lines::add));
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    long pid() {
        return process.pid();
    }

    /** Where it runs. */
    Path directory() {
        return directory;
    }

    List<String> out() {
        return out;
    }

    List<String> err() {
        return err;
    }

    /** Where the server says that it is. */
    URI uri() {
        await().atMost(PATIENCE).until(() -> !process.isAlive() || address() != null);
        URI address = address();
        if (address == null) {
            throw new AssertionError("no address in " + out + ", but " + err);
        }
        return address;
    }

    private @Nullable URI address() {
        for (String line : out) {
            Matcher matcher = LISTENING.matcher(line);
            if (matcher.matches()) {
                return URI.create(matcher.group(1));
            }
        }
        return null;
    }

    /** Writes to its standard input. */
    void write(String text) throws IOException {
        process.outputWriter(UTF_8).write(text);
        process.outputWriter(UTF_8).flush();
    }

    void endInput() throws IOException {
        process.outputWriter(UTF_8).close();
    }

    /** Sends it a signal: INT, TERM. */
    void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** Ends it where it stands, with SIGKILL, and waits until it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Its exit status, once it has ended and everything it wrote was read. */
    int status() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("still running; " + out + err);
        }
        for (Thread reader : readers) {
            reader.join(PATIENCE.toMillis());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        if (isOwnDirectory) {
            process.onExit().join();
            delete(directory);
        }
    }

    static void delete(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException left) {
            throw new UncheckedIOException(left);
        }
    }
}
