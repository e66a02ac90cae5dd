// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

/** Where a setting's value came from; the first of these that has one wins. */
enum Origin {
    OPTION,
    ENVIRONMENT,
    FILE,
    DEFAULT
}
