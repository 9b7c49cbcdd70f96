/** What the page at `/` shows of the configuration. */
export type LandingSettings = {
  gatewayUrl: string;
  /** The origin of the login pages, where browsers have their session. */
  loginOrigin: string;
  /** Returns what people call an identity provider. */
  providerName(id: string): string;
  now(): number;
};
