import { html, type Html } from './html.ts';

/** Renders a command that one click selects. */
export const renderCommand = (command: string): Html => html`<code class="command">${command}</code>`;

/** Returns the gateway as people type it: its host, or its whole URL if that is not https. */
export function typed(gatewayUrl: string): string {
  const { protocol, host, origin } = new URL(gatewayUrl);
  return protocol === 'https:' ? host : origin;
}

/** Renders the commands that make kubectl work on a new machine. */
export const renderSetUp = (gatewayUrl: string): Html => html`<ol class="commands">
<li>${renderCommand(`sallyport login ${typed(gatewayUrl)}`)}</li>
<li>${renderCommand('sallyport kubeconfig --merge')}</li>
</ol>`;
