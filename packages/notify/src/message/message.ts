/** What people read, whatever the channel: texts on one line each, without anything invisible, but not escaped. */
export type Message = {
  title: string;
  facts: readonly { label: string; text: string }[];
  /** A page of the gateway, and what opens it. Opening it changes nothing. */
  link: string;
  linkLabel: string;
};
