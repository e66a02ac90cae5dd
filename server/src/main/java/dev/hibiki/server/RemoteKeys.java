// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import java.io.IOException;
import java.net.URI;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys of the tokens' issuer, from a URL (RFC 7517 section 5).
 *
 * <p>They are fetched when the server starts and again before they are old, so nobody waits for them; and when a token names
 * a key that is not among them, because then the issuer may have a new one. Sending such tokens on purpose makes us fetch no
 * more often than {@link Pace#atMostEvery}. While the URL cannot be reached the known keys stay valid: an issuer that is
 * down takes nobody down. Secrets in such a set are left out: what can be fetched is no secret.
 *
 * <p>Any thread; the fetch itself runs on a worker.
 */
final class RemoteKeys {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    private static final int TIMEOUT_MILLIS = 5000;
    private static final int MAX_BYTES = 1 << 20;

    /**
     * How often keys are fetched.
     *
     * @param refresh how old they get before they are fetched again
     * @param atMostEvery how long nothing is fetched after a fetch, whether it succeeded or not
     */
    record Pace(Duration refresh, Duration atMostEvery) {
        static final Pace USUAL = new Pace(Duration.ofMinutes(5), Duration.ofSeconds(5));
    }

    private final URI url;
    private final Pace pace;
    private final Predicate<Runnable> workers;
    private final Runnable whenChanged;
    private final DefaultResourceRetriever retriever =
            new DefaultResourceRetriever(TIMEOUT_MILLIS, TIMEOUT_MILLIS, MAX_BYTES);

    private volatile @Nullable List<JWK> keys;

    // Guarded by this.
    private @Nullable CompletableFuture<Void> fetching;
    private long lastFetchNanos;
    private boolean fetchedOnce;
    private boolean failing;

    /**
     * Keys that nobody has asked for yet.
     *
     * @param workers runs a task soon, or returns false
     * @param whenChanged runs when the keys are not the same as before
     */
    RemoteKeys(URI url, Pace pace, Predicate<Runnable> workers, Runnable whenChanged) {
        this.url = url;
        this.pace = pace;
        this.workers = workers;
        this.whenChanged = whenChanged;
    }

    /** The keys as they are known, or null if they were never fetched. */
    @Nullable
    List<JWK> known() {
        return keys;
    }

    /** Fetches the keys if they are getting old; to be called now and then. */
    synchronized void refreshAhead() {
        boolean old = !fetchedOnce
                || System.nanoTime() - lastFetchNanos >= pace.refresh().toNanos();
        if (old || failing || keys == null) {
            var unused = fetch();
        }
    }

    /** Fetches the keys, if that is not too soon; completes when it is done, at once if nothing is fetched. */
    synchronized CompletableFuture<Void> fetch() {
        if (fetching != null) {
            return fetching;
        }
        long now = System.nanoTime();
        if (fetchedOnce && now - lastFetchNanos < pace.atMostEvery().toNanos()) {
            return CompletableFuture.completedFuture(null);
        }
        var begun = new CompletableFuture<Void>();
        fetching = begun;
        fetchedOnce = true;
        lastFetchNanos = now;
        if (!workers.test(() -> fetchNow(begun))) {
            fetching = null;
            return CompletableFuture.completedFuture(null);
        }
        return begun;
    }

    private void fetchNow(CompletableFuture<Void> begun) {
        try {
            List<JWK> found = JWKSet.parse(
                            retriever.retrieveResource(url.toURL()).getContent())
                    .getKeys()
                    .stream()
                    .filter(AsymmetricJWK.class::isInstance)
                    .map(JWK::toPublicJWK)
                    .toList();
            if (found.isEmpty()) {
                throw new IOException("no public key in the set");
            }
            take(found);
        } catch (IOException | ParseException | RuntimeException failure) {
            failed(failure);
        } finally {
            synchronized (this) {
                fetching = null;
            }
            begun.complete(null);
        }
    }

    private void take(List<JWK> found) {
        boolean changed = !found.equals(keys);
        keys = found;
        synchronized (this) {
            failing = false;
        }
        if (changed) {
            LOG.info("the keys of tokens are {} from {}", found.size(), url);
            whenChanged.run();
        }
    }

    private void failed(Exception failure) {
        boolean first;
        synchronized (this) {
            first = !failing;
            failing = true;
        }
        if (first) {
            LOG.warn(
                    "the keys of tokens cannot be fetched from {}, {}: {}",
                    url,
                    keys == null ? "so no token can be checked" : "those that are known go on to count",
                    failure.toString());
        }
    }
}
