import type { ResourceSchema } from './attribute.ts';

/** The schema of groups. Members are users; nested groups are rejected. */
export const groupSchema: ResourceSchema = {
  name: 'Group',
  endpoint: 'Groups',
  description: 'A group',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  attributes: [
    { name: 'displayName', type: 'string', description: 'The name of the group, as policies use it.', required: true },
    {
      name: 'members',
      type: 'complex',
      multiValued: true,
      description: 'The users in the group. Nested groups are not supported.',
      subAttributes: [
        { name: 'value', type: 'string', description: 'The id of the user.', caseExact: true },
        {
          name: '$ref',
          type: 'reference',
          description: 'The URL of the user. Only value is evaluated.',
          referenceTypes: ['User'],
          caseExact: true,
        },
        { name: 'type', type: 'string', description: 'Always User.', canonicalValues: ['User'] },
      ],
    },
  ],
  ignored: [],
};
