// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

/**
 * What a hub has done since it started; each figure only grows. The figures are of moments that lie close together.
 *
 * @param delivered events that were delivered, counted once for each stream that got them
 * @param gapsExpired gaps that were told because something has been trimmed
 * @param gapsLogReset gaps that were told because an id was of another life of the log, or of an end that it lost
 * @param gapsUnknownId gaps that were told because an id was none of ours
 * @param fellBehind how often a live stream fell behind because its socket did not drain, or because the window was too small
 * @param logReads how often the log was read for streams that the window could not serve
 */
public record HubFigures(
        long delivered, long gapsExpired, long gapsLogReset, long gapsUnknownId, long fellBehind, long logReads) {

    static final HubFigures NONE = new HubFigures(0, 0, 0, 0, 0, 0);

    HubFigures plus(HubFigures other) {
        return new HubFigures(
                delivered + other.delivered,
                gapsExpired + other.gapsExpired,
                gapsLogReset + other.gapsLogReset,
                gapsUnknownId + other.gapsUnknownId,
                fellBehind + other.fellBehind,
                logReads + other.logReads);
    }
}
