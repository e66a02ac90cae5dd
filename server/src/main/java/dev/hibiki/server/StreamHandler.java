// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

/** Says what a stream gets, as it opens. */
@FunctionalInterface
public interface StreamHandler {

    /**
     * Sets the stream up; runs on a worker thread, before the response begins, so it may block and may refuse.
     *
     * @throws HttpProblem to refuse the request with that status
     * @throws Exception anything else is logged once and answered with 500
     */
    void open(EventStream stream) throws Exception;
}
