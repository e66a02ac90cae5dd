// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A file system of its own that holds little, and can be made to hold more; mounting it takes root, as the tests run in CI. */
final class SmallDisk implements AutoCloseable {

    private final Path folder;

    /**
     * Mounts it.
     *
     * @param folder an empty one
     */
    SmallDisk(Path folder, String size) throws IOException {
        this.folder = folder;
        run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString());
    }

    void resize(String size) throws IOException {
        run("mount", "-o", "remount,size=" + size, folder.toString());
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.onExit().join().exitValue())
                .as("%s: %s", String.join(" ", command), said)
                .isZero();
    }

    /** Everything on it is gone; even if a file of it is still open. */
    @Override
    public void close() throws IOException {
        run("umount", "--lazy", folder.toString());
    }
}
