// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

/**
 * What a connection speaks, as it was found out when it began.
 *
 * @param http2 HTTP/2, where a request has a stream of its own; else HTTP/1.1, or HTTP/1.0 as its requests say
 * @param secure whether TLS is around it
 */
record Protocol(boolean http2, boolean secure) {

    static final Protocol CLEARTEXT_HTTP1 = new Protocol(false, false);

    /** The scheme of the URLs that lead here, as far as we know: a proxy before us may have been asked with another one. */
    String scheme() {
        return secure ? "https" : "http";
    }
}
