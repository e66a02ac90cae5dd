// SPDX-License-Identifier: Apache-2.0

export {
  useSSE,
  useEvent,
  useConnection,
  useChannel,
  useLatest,
  useProgress,
  type Channel,
  type ChannelOptions,
  type EventHandler,
  type Progress,
  type Received,
  type Sse,
  type SseSource,
} from "./hooks.js";
export { SseProvider, type Connection, type Source, type SseProviderProps } from "./view.js";
