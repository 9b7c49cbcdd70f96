import type { OwnApiDeps } from '../own-api/own-api-deps.ts';
import type { LandingSettings } from './landing-settings.ts';

export type LandingDeps = OwnApiDeps & { landing: LandingSettings };
