// SPDX-License-Identifier: Apache-2.0
// A server that does what it is told, byte by byte, and remembers what it was asked. It speaks HTTP by hand, so that it can be wrong.

import { createServer, type Socket } from "node:net";

export interface Asked {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  at: number;
}

/** Where the answer goes. The head is an open event stream unless said otherwise; the body has no length, and ends with the connection. */
export class Answer {
  constructor(
    private readonly socket: Socket,
    private readonly taken: (events: number) => Promise<void>,
  ) {}

  head(status = 200, headers: Record<string, string> = { "Content-Type": "text/event-stream" }): this {
    const lines = Object.entries({ Connection: "close", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.socket.write(`HTTP/1.1 ${status} X\r\n${lines.join("")}\r\n`);
    return this;
  }

  write(data: string | Uint8Array): this {
    this.socket.write(data);
    return this;
  }

  /** Waits until the peer has room again. */
  async flood(data: string): Promise<void> {
    if (this.socket.write(data)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.socket.off("drain", done).off("close", done);
        resolve();
      };
      this.socket.once("drain", done).once("close", done);
    });
  }

  get gone(): boolean {
    return this.socket.destroyed;
  }

  end(): void {
    this.socket.end();
  }

  /** Ends the connection, or resets it, once the reader has taken that many events in all: with a failure is gone what has come and is not taken yet. */
  async breakAfter(events: number, how: "end" | "reset" = "end"): Promise<void> {
    await this.taken(events);
    if (how === "end") this.socket.end();
    else this.socket.resetAndDestroy();
  }

  /** Answers with a whole, empty answer. */
  status(status: number, headers: Record<string, string> = {}): void {
    this.head(status, status === 204 ? headers : { "Content-Length": "0", ...headers }).end();
  }
}

export type Script = (answer: Answer, asked: Asked, attempt: number) => void;

export interface Server {
  url: string;
  asked: Asked[];
  /** How many events the reader has taken; whoever runs the test says so. */
  take(events: number): void;
  /** Requests that are being answered now. A connection without one is none of ours: Node's fetch opens such in advance. */
  open(): number;
  stop(): Promise<void>;
}

/** Serves each request by the script, whose attempt counts from 1. */
export async function serve(script: Script): Promise<Server> {
  const sockets = new Set<Socket>();
  const busy = new Set<Socket>();
  const asked: Asked[] = [];
  const waiting: { events: number; resolve: () => void }[] = [];
  const taken = (events: number) => new Promise<void>((resolve) => waiting.push({ events, resolve }));
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => [sockets, busy].forEach((set) => set.delete(socket))).on("error", () => {});
    let text = "";
    let answered = false;
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk;
      const end = text.indexOf("\r\n\r\n");
      if (end < 0 || answered) return;
      const [first = "", ...lines] = text.slice(0, end).split("\r\n");
      const [method = "", path = ""] = first.split(" ");
      const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
      const body = text.slice(end + 4);
      if (body.length < Number(headers["content-length"] ?? 0)) return;
      answered = true;
      busy.add(socket);
      const request = { method, path, headers, body, at: performance.now() };
      asked.push(request);
      script(new Answer(socket, taken), request, asked.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}/stream`,
    asked,
    take(events) {
      for (const one of waiting) if (events >= one.events) one.resolve();
    },
    open: () => busy.size,
    stop() {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
