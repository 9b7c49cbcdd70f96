import { html, type Html } from './html.ts';

/** Renders a command that one click selects. */
export const renderCommand = (command: string): Html => html`<code class="command">${command}</code>`;

/** What a command says about the gateway. */
export type ShownGateway = {
  gatewayUrl: string;
  /** Whether its certificate comes from a CA that programs do not trust by themselves (`gateway.caFile`). */
  isPrivate: boolean;
};

/** Returns the gateway as people type it: its host, or its whole URL if that is not https. */
function typed(gatewayUrl: string): string {
  const { protocol, host, origin } = new URL(gatewayUrl);
  return protocol === 'https:' ? host : origin;
}

/** Renders the command that logs in on a new machine. `program` is how the command line is called there. */
export const renderLogin = ({ gatewayUrl, isPrivate }: ShownGateway, program = 'sallyport'): Html =>
  renderCommand(`${program} login ${typed(gatewayUrl)}${isPrivate ? ' --ca-fingerprint FINGERPRINT' : ''}`);

/**
 * Says what to type for `FINGERPRINT`, if the command needs it. It is never on a page: an attacker would show their own
 * (docs/adr/0112).
 */
export const renderAboutFingerprint = ({ isPrivate }: ShownGateway): Html =>
  isPrivate
    ? html`<p class="note">The certificate of this gateway comes from a CA that programs do not know. Instead of <code>FINGERPRINT</code>, type the fingerprint of this CA, such as <code>sha256:1f2e…</code>. Ask the operator of the gateway for it, and do not take it from a web page: if your browser has warned you about this gateway, another server may be showing you this one.</p>
`
    : { markup: '' };

/** Renders the commands that make kubectl work on a new machine. */
export const renderSetUp = (gateway: ShownGateway): Html => html`<ol class="commands">
<li>${renderLogin(gateway)}</li>
<li>${renderCommand('sallyport kubeconfig --merge')}</li>
</ol>
${renderAboutFingerprint(gateway)}`;
