// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.app.Ledger.Letter;
import dev.hibiki.app.Ledger.Parcel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A publisher that goes on through every death of the server, and writes into the {@link Ledger} what it sent and was answered.
 *
 * <p>What was sent without a key and not answered is in doubt, and never sent again. What has a key is sent again until it is answered;
 * some of it once more after that, as a client does whose answer was lost.
 */
final class DoggedPublisher implements Runnable {

    /** How it publishes. */
    enum Manner {
        SINGLE,
        KEYED,
        BATCH,
        KEYED_BATCH,
        LINES,
        /** Batches so large that writing one takes milliseconds, in which a death can catch everything that is written with it. */
        BULK
    }

    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_PAUSE_MILLIS = 5;

    private final int port;
    private final int number;
    private final Manner manner;
    private final Ledger ledger;
    private final Random random;
    private final Thread thread = new Thread(this);
    private @Nullable PublishConnection connection;
    private int sent;
    private boolean idle;
    private volatile boolean resting;
    private volatile boolean ended;
    private volatile @Nullable Throwable failure;

    DoggedPublisher(int port, int number, Manner manner, Ledger ledger, long seed) {
        this.port = port;
        this.number = number;
        this.manner = manner;
        this.ledger = ledger;
        this.random = new Random(seed);
        thread.setName("publisher-" + number + "-" + manner);
        thread.start();
    }

    /** Sends nothing more until {@link #goOn}; what has a key is answered before it rests, which needs a server. */
    synchronized void rest() throws InterruptedException {
        resting = true;
        while (!idle) {
            wait();
        }
        Throwable failed = failure;
        if (failed != null) {
            throw new AssertionError(thread.getName() + " failed", failed);
        }
    }

    synchronized void goOn() {
        resting = false;
        notifyAll();
    }

    /** Ends for good; its last publication may stay unanswered. */
    void end() throws InterruptedException {
        ended = true;
        goOn();
        thread.join();
    }

    @Override
    public void run() {
        try {
            while (!ended) {
                awaitTurn();
                publish();
                pause(random.nextInt(MAX_PAUSE_MILLIS));
            }
        } catch (Throwable failed) {
            failure = failed;
        } finally {
            disconnect();
            setIdle(true);
        }
    }

    private synchronized void awaitTurn() throws InterruptedException {
        while (resting && !ended) {
            setIdle(true);
            wait();
        }
        setIdle(false);
    }

    private synchronized void setIdle(boolean now) {
        idle = now;
        notifyAll();
    }

    private void publish() throws InterruptedException {
        switch (manner) {
            case SINGLE -> once(List.of(letter(false)));
            case KEYED -> untilAnswered(List.of(letter(true)));
            case BATCH -> once(letters(2 + random.nextInt(8), false));
            case KEYED_BATCH -> untilAnswered(letters(2 + random.nextInt(8), true));
            case LINES -> lines();
            case BULK -> {
                once(bulk());
                pause(random.nextInt(60));
            }
        }
    }

    // ---- what it sends

    private List<Letter> letters(int count, boolean keyed) {
        List<Letter> letters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            letters.add(letter(keyed));
        }
        return letters;
    }

    /** On a channel of its own, which only the log's reader reads. */
    private List<Letter> bulk() {
        List<Letter> letters = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            letters.add(new Letter("noise/loud", "message", name() + " " + "x".repeat(8_000), null));
        }
        return letters;
    }

    private String name() {
        return "p" + number + "." + sent++;
    }

    private Letter letter(boolean keyed) {
        String name = name();
        String forged = random.nextInt(10) == 0 ? "\nid: 7\n\nevent: forged\n" : " ";
        String data = name + forged + "x".repeat(random.nextInt(200));
        String channel = switch (random.nextInt(16)) {
            case 0 -> "broadcast";
            case 1, 2, 3 -> "noise/loud";
            case 4, 5, 6, 7, 8, 9 -> "prices/a";
            default -> "prices/b";
        };
        return new Letter(channel, random.nextBoolean() ? "message" : "quote", data, keyed ? name : null);
    }

    private static ObjectNode json(Letter letter) {
        ObjectNode json = JSON.createObjectNode();
        if (!letter.channel().equals("broadcast")) {
            json.put("channel", letter.channel());
        }
        if (!letter.type().equals("message")) {
            json.put("event", letter.type());
        }
        json.put("data", letter.data());
        if (letter.key() != null) {
            json.put("key", letter.key());
        }
        return json;
    }

    private static String json(List<Letter> letters) {
        if (letters.size() == 1) {
            return json(letters.get(0)).toString();
        }
        ArrayNode batch = JSON.createArrayNode();
        letters.forEach(letter -> batch.add(json(letter)));
        return batch.toString();
    }

    // ---- how it sends

    private void once(List<Letter> letters) throws InterruptedException {
        PublishConnection open = connected();
        if (open != null) {
            send(open, ledger.sending(number, letters));
        }
    }

    private void untilAnswered(List<Letter> letters) throws InterruptedException {
        untilAnswered(ledger.sending(number, letters));
    }

    /** A key that was refused may be sent again, and then be taken; a publisher that is to end gives up. */
    private void untilAnswered(Parcel parcel) throws InterruptedException {
        int answersWanted = random.nextInt(8) == 0 ? 2 : 1;
        while (answersWanted > 0 && !ended) {
            PublishConnection open = connected();
            if (open != null && send(open, parcel)) {
                answersWanted--;
            }
        }
    }

    /** Whether it was acknowledged. */
    private boolean send(PublishConnection open, Parcel parcel) throws InterruptedException {
        try {
            PublishConnection.Answer answer = open.post("/api/publish", json(parcel.letters));
            if (answer.status() == 503) {
                refused(parcel);
                disconnect(); // it drains
                return false;
            }
            if (answer.status() != 200) {
                throw new AssertionError(parcel + " was answered with " + answer);
            }
            ledger.acknowledged(parcel, ids(answer.body()));
            return true;
        } catch (InterruptedIOException noAnswer) {
            throw new AssertionError(parcel + ": no answer, and no end of the connection", noAnswer);
        } catch (IOException killed) {
            disconnect();
            return false;
        }
    }

    private void refused(Parcel parcel) throws InterruptedException {
        if (parcel.letters.get(0).key() == null) {
            ledger.refused(parcel);
        }
        pause(5);
    }

    /** A burst of lines on one request, some with keys, and then their answers. */
    private void lines() throws InterruptedException {
        PublishConnection open = connected();
        if (open == null) {
            return;
        }
        List<Parcel> unanswered = new ArrayList<>();
        List<Parcel> again = new ArrayList<>();
        try {
            open.beginLines();
            int bursts = 1 + random.nextInt(4);
            for (int burst = 0; burst < bursts; burst++) {
                for (int i = random.nextInt(12); i >= 0; i--) {
                    Letter letter = letter(random.nextInt(3) == 0);
                    unanswered.add(ledger.sending(number, List.of(letter)));
                    open.line(json(letter).toString());
                }
                while (!unanswered.isEmpty()) {
                    boolean taken = lineAnswered(unanswered.get(0), open.lineAnswer());
                    Parcel answered = unanswered.remove(0);
                    if (!taken) {
                        again.add(answered);
                    }
                }
            }
            open.endLines();
        } catch (InterruptedIOException noAnswer) {
            throw new AssertionError(unanswered + ": no answer, and no end of the connection", noAnswer);
        } catch (IOException killed) {
            disconnect();
        }
        again.addAll(unanswered);
        for (Parcel parcel : again) {
            if (parcel.letters.get(0).key() != null) {
                untilAnswered(parcel);
            }
        }
    }

    /** Whether it was acknowledged. */
    private boolean lineAnswered(Parcel parcel, String line) throws InterruptedException {
        JsonNode answer = JSON.readTree(line);
        if (answer.get("success").asBoolean()) {
            ledger.acknowledged(parcel, ids(line));
            return true;
        }
        if (answer.get("status").asInt() != 503) {
            throw new AssertionError(parcel + " was answered with " + answer);
        }
        refused(parcel);
        return false;
    }

    /** The ids in an answer to one publication or a batch. */
    static List<String> ids(String json) {
        JsonNode answer = JSON.readTree(json);
        List<String> ids = new ArrayList<>();
        if (answer.has("id")) {
            ids.add(answer.get("id").asString());
        } else {
            answer.get("ids").forEach(id -> ids.add(id.asString()));
        }
        return ids;
    }

    private @Nullable PublishConnection connected() throws InterruptedException {
        if (connection == null) {
            try {
                connection = new PublishConnection(port);
            } catch (IOException nobodyListens) {
                pause(20 + random.nextInt(60));
            }
        }
        return connection;
    }

    private void disconnect() {
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    private static void pause(int millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }
}
