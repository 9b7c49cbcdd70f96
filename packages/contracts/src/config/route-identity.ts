import { z } from 'zod';

/** What a web application is told about who asks. */
export const routeIdentitySchema = z.strictObject({}).prefault({});
