// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

/** Answers a request. */
@FunctionalInterface
public interface RequestHandler {

    /**
     * Answers; runs on a worker thread, so it may block.
     *
     * @throws HttpProblem to answer with that problem
     * @throws Exception anything else is logged once and answered with 500
     */
    Response handle(Request request) throws Exception;
}
