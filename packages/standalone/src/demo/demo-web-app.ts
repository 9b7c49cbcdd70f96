import { startWebApp, type WebApp } from '../web-app/start-web-app.ts';

/** The web application of the demo, behind a route of its gateway. */
export type DemoWebApp = {
  /** The address for browsers. */
  url: string;
  /** An entry of `routes` in sallyport.yaml. */
  route: Record<string, unknown>;
  trust: WebApp['trust'];
  close(): Promise<void>;
};

/**
 * Starts the application. Its route is in plain http on the listener of the login pages, so that no warning about a
 * certificate is in the way, and at `localhost`, which resolves everywhere and is another host than that of the pages.
 */
export async function openDemoWebApp(pagesPort: number): Promise<DemoWebApp> {
  const { address, trust, close } = await startWebApp();
  const url = `http://localhost:${pagesPort}`;
  return {
    url,
    route: {
      name: 'Demo application',
      from: url,
      to: address,
      policy: [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }],
      identity: { jwt: true, headers: { email: 'X-Forwarded-Email', groups: 'X-Forwarded-Groups' } },
    },
    trust,
    close,
  };
}
