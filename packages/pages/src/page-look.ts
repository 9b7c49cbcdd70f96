/** Where the gateway serves the logo. */
export const logoPath = '/.sallyport/logo';

/** What pages show of the gateway: its host, and the branding of its operator. */
export type PageLook = {
  /** The host that people know the gateway by. */
  host: string;
  name?: string | undefined;
  helpUrl?: string | undefined;
  /** A hex color: `#rgb` or `#rrggbb`. */
  accent?: string | undefined;
  /** Whether there is a logo at `logoPath`. */
  logo?: boolean | undefined;
  /** Whether forms lead to other sites, as those of an identity provider do. */
  formsLeave?: boolean | undefined;
};

type Branding = Partial<Record<'name' | 'helpUrl' | 'accent' | 'logoFile', string | null | undefined>>;

/** Reads what pages show from the configuration. */
export function readPageLook(config: { gateway: { url: string }; branding: Branding }): PageLook {
  const { name, helpUrl, accent, logoFile } = config.branding;
  return {
    host: new URL(config.gateway.url).host,
    name: name ?? undefined,
    helpUrl: helpUrl ?? undefined,
    accent: accent ?? undefined,
    logo: logoFile != null,
  };
}
