// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/** The few forms of DER (X.690) that a certificate and the wrapping of a key need. */
final class Der {

    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int NULL = 0x05;
    static final int OID = 0x06;
    static final int UTF8_STRING = 0x0c;
    static final int GENERALIZED_TIME = 0x18;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;

    private Der() {}

    /** A value of a tag, from parts that follow one another. */
    static byte[] value(int tag, byte[]... parts) {
        byte[] content = joined(parts);
        var out = new ByteArrayOutputStream(content.length + 6);
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
            out.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                out.write(content.length >>> (8 * i));
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    static byte[] joined(byte[]... parts) {
        var all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] sequence(byte[]... parts) {
        return value(SEQUENCE, parts);
    }

    /** An object identifier, given as the hexadecimal digits of its content. */
    static byte[] oid(String content) {
        return value(OID, HexFormat.of().parseHex(content));
    }

    /** Bits in whole bytes. */
    static byte[] bits(byte[]... content) {
        return value(BIT_STRING, new byte[1], joined(content));
    }

    /**
     * The content of the first value of a tag inside a sequence.
     *
     * @throws IllegalArgumentException if there is none, or it is cut off
     */
    static byte[] find(byte[] sequence, int wanted) {
        int at = contentOf(sequence, 0);
        while (at < sequence.length) {
            int content = contentOf(sequence, at);
            int length = lengthOf(sequence, at);
            if (length < 0 || length > sequence.length - content) {
                break;
            }
            if ((sequence[at] & 0xff) == wanted) {
                var found = new byte[length];
                System.arraycopy(sequence, content, found, 0, length);
                return found;
            }
            at = content + length;
        }
        throw new IllegalArgumentException("DER: has no value of tag " + wanted);
    }

    private static int contentOf(byte[] der, int at) {
        int first = byteAt(der, at + 1);
        return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
    }

    private static int lengthOf(byte[] der, int at) {
        int first = byteAt(der, at + 1);
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = (length << 8) | byteAt(der, at + 2 + i);
        }
        return length;
    }

    private static int byteAt(byte[] der, int at) {
        if (at >= der.length) {
            throw new IllegalArgumentException("DER: is cut off");
        }
        return der[at] & 0xff;
    }
}
