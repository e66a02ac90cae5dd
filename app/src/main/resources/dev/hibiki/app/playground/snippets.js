// SPDX-License-Identifier: Apache-2.0
// The same stream from elsewhere: whole programs, to be pasted and run.

const address = (origin, channels) => `${origin}/api/events?${channels.map((channel) => `channel=${encodeURIComponent(channel)}`).join("&")}`;

export const snippets = {
  curl: (origin, channels) => `curl -N '${address(origin, channels)}'`,

  JavaScript: (origin, channels) => `const events = new EventSource(${JSON.stringify(address(origin, channels))});
events.onmessage = ({ data, lastEventId }) => console.log(lastEventId, data);
events.addEventListener("tick", ({ data }) => console.log("tick", JSON.parse(data)));
events.onerror = () => console.log(events.readyState === EventSource.CLOSED ? "refused" : "lost, trying again");
`,

  Java: (origin, channels) => `import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

public class Listen {
    public static void main(String[] args) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(${JSON.stringify(address(origin, channels))}))
                .header("Accept", "text/event-stream")
                .build();
        try (var lines = HttpClient.newHttpClient().send(request, BodyHandlers.ofLines()).body()) {
            lines.forEach(System.out::println); // id:, event: and data: lines; a blank line ends each event
        }
    }
}
`,

  React: (origin, channels) => `import { useEffect, useState } from "react";

export function Ticks() {
  const [tick, setTick] = useState(null);
  useEffect(() => {
    const events = new EventSource(${JSON.stringify(address(origin, channels))});
    events.addEventListener("tick", ({ data }) => setTick(JSON.parse(data)));
    return () => events.close();
  }, []);
  return <p>{tick ? \`tick \${tick.n}\` : "waiting for the first tick"}</p>;
}
`,
};
