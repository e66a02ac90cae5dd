// SPDX-License-Identifier: Apache-2.0
// The real product as a child process, and a real browser in front of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const START_MILLIS = 180_000; // where there is no jar yet, ./hibiki builds it

const CHROMIUM_FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How long a condition may take to come true; nothing waits that long when all is well. */
export const PATIENCE = 60_000;

/**
 * Starts `hibiki` with these arguments on a free port.
 *
 * @returns {Promise<{url: string, stop: () => Promise<number>, kill: () => Promise<void>}>} where it is, and what ends it: in order, which resolves to its exit
 * status, or without a farewell
 */
export async function startProduct(...args) {
  const jar = join(ROOT, "app/target/hibiki.jar");
  const [command, first] = existsSync(jar) ? ["java", ["-jar", jar]] : [join(ROOT, "hibiki"), []];
  const home = mkdtempSync(join(tmpdir(), "hibiki-test-"));
  const child = spawn(command, [...first, ...args, "--port", "0"], { cwd: home, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it did not start in time:\n${output}`)), START_MILLIS);
    const read = (chunk) => {
      output += chunk;
      const found = /https?:\/\/(?:localhost|127\.0\.0\.1):[1-9]\d*(?=\D)/.exec(output); // all of it, however it comes
      if (found) {
        clearTimeout(timer);
        resolve(found[0]);
      }
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("error", reject);
    ended.then((code) => reject(new Error(`it ended with ${code}:\n${output}`)));
  });
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      rmSync(home, { recursive: true, force: true });
      return code;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A browser of its own, with a fresh user directory. */
export function startBrowser(...flags) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...CHROMIUM_FLAGS, ...flags] });
}

/**
 * A page that notices what it should never do: say errors on the console, throw, violate its content security policy, or open a dialog.
 *
 * @param {import("playwright-core").BrowserContext} context
 * @param {RegExp} allowed console errors that the test provokes, such as a connection that is cut
 */
export async function openPage(context, url, allowed = /^$/) {
  const page = await context.newPage();
  const faults = [];
  page.setDefaultTimeout(PATIENCE);
  page.on("pageerror", (error) => faults.push(`threw: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !allowed.test(message.text())) {
      faults.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on("dialog", async (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.exposeFunction("reportViolation", (directive) => faults.push(`violates its policy: ${directive}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url);
  page.assertFaultless = () => assert.deepEqual(faults, []);
  return page;
}

/** Waits until a check in the page holds; the error names what was waited for. */
export async function until(page, what, check, argument) {
  try {
    await page.waitForFunction(check, argument, { polling: 50, timeout: PATIENCE });
  } catch (late) {
    throw new Error(`did not happen: ${what}\n${await page.evaluate(() => document.body.innerText)}`, { cause: late });
  }
}

/** Waits until an element's text matches. */
export async function untilText(page, selector, pattern) {
  await until(
    page,
    `${selector} shows ${pattern}`,
    ([where, source]) => [...document.querySelectorAll(where)].some((element) => new RegExp(source).test(element.textContent)),
    [selector, pattern.source],
  );
}

/** In a page, from its beginning: keeps what each of these elements has said, in order, so that a test need not look at the right moment. */
export function keepTexts(context, ...selectors) {
  return context.addInitScript((wanted) => {
    window.said = Object.fromEntries(wanted.map((selector) => [selector, []]));
    new MutationObserver(() => {
      for (const selector of wanted) {
        const text = document.querySelector(selector)?.textContent;
        if (text && text !== window.said[selector].at(-1)) {
          window.said[selector].push(text);
        }
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  }, selectors);
}

/** Waits until one of the elements of {@link keepTexts} has said something that matches. */
export async function untilSaid(page, selector, pattern) {
  await until(page, `${selector} has said ${pattern}`, ([where, source]) => window.said[where].some((text) => new RegExp(source).test(text)), [selector, pattern.source]);
}

/** How far the page could be scrolled to the side, in pixels. */
export function sidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/**
 * A network between browser and product that can be cut: every connection at once, without a farewell. While it is down, new ones are
 * refused in the same way.
 */
export async function startNetwork(url) {
  let target = Number(new URL(url).port);
  const sockets = new Set();
  let down = false;
  const server = createServer((near) => {
    if (down) {
      near.destroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${server.address().port}`,
    cut() {
      down = true;
      sockets.forEach((socket) => socket.destroy());
    },
    mend() {
      down = false;
    },
    leadTo(next) {
      target = Number(new URL(next).port);
    },
    stop() {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
