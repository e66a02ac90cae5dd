// SPDX-License-Identifier: Apache-2.0
// The current count: 0 until the first event.

import { byId } from "/examples/assets/page.js";
import { openStream } from "/examples/assets/streams.js";

openStream("/event", {
  on: {
    message(event) {
      byId("count").textContent = event.data;
    },
  },
  state(name, text) {
    byId("state").dataset.state = name;
    byId("state").textContent = text;
  },
});
