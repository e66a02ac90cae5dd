// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

/** What an acknowledged append survives. */
public enum Durability {
    /** A power cut: a publisher is answered when the disk says that it has the bytes. */
    FSYNC,
    /** The end of the process, by {@code kill -9} too, but not of the machine: the bytes are with the operating system. */
    OS
}
