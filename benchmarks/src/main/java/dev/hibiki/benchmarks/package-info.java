// SPDX-License-Identifier: Apache-2.0
/** What is measured, and how: JMH for the parts, whole processes side by side for the rest. */
@NullMarked
package dev.hibiki.benchmarks;

import org.jspecify.annotations.NullMarked;
