// SPDX-License-Identifier: Apache-2.0
import { useEvent } from "@hibiki/react";
import { useEffect, useReducer } from "react";
import { HUB, STREAM, type User } from "./hub";

interface Change {
  came: boolean;
  user: User;
}

interface State {
  users: readonly User[];
  /** What was told while the list is on its way, which may be from before; null when it is not. */
  meanwhile: readonly Change[] | null;
}

type Action = { type: "asked" } | { type: "answered"; users: readonly User[] } | ({ type: "told" } & Change);

function apply(users: readonly User[], { came, user }: Change): readonly User[] {
  const others = users.filter(({ userId }) => userId !== user.userId);
  return came ? [...others, user] : others;
}

function reduce({ users, meanwhile }: State, action: Action): State {
  switch (action.type) {
    case "asked":
      return { users, meanwhile: [] };
    case "answered":
      return { users: (meanwhile ?? []).reduce(apply, action.users), meanwhile: null };
    case "told":
      return { users: apply(users, action), meanwhile: meanwhile && [...meanwhile, action] };
  }
}

/** Who is on a channel: the list, asked for once the stream is open, and from then on what the stream says. */
export function usePresence(channel: string): readonly User[] {
  const [{ users }, dispatch] = useReducer(reduce, { users: [], meanwhile: null });
  const tell = (came: boolean) => (event: MessageEvent<string>) => dispatch({ type: "told", came, user: JSON.parse(event.data) });
  const { isConnected } = useEvent(STREAM, "user-joined", tell(true));
  useEvent(STREAM, "user-left", tell(false));

  useEffect(() => {
    if (!isConnected) return;
    const asking = new AbortController();
    dispatch({ type: "asked" });
    fetch(`${HUB}/api/channels/${channel}`, { signal: asking.signal })
      .then(async (answer) => dispatch({ type: "answered", users: (await answer.json()).users ?? [] }))
      .catch(() => {}); // the stream tells of the others as they come, and the next connection asks again
    return () => asking.abort();
  }, [channel, isConnected]);

  return users;
}
