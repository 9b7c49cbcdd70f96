import type { ResourceSchema } from './attribute.ts';

/** Groups. Their members are people; a group in a group is refused. */
export const groupSchema: ResourceSchema = {
  name: 'Group',
  endpoint: 'Groups',
  description: 'A group',
  urn: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  attributes: [
    { name: 'displayName', type: 'string', description: 'The name of the group, as policies know it.', required: true },
    {
      name: 'members',
      type: 'complex',
      multiValued: true,
      description: 'The people in the group; groups within groups are refused.',
      sub: [
        { name: 'value', type: 'string', description: "The person's id.", caseExact: true },
        {
          name: '$ref',
          type: 'reference',
          description: "The person's address; it is the value that counts.",
          referenceTypes: ['User'],
          caseExact: true,
        },
        { name: 'type', type: 'string', description: 'Always User.', canonicalValues: ['User'] },
      ],
    },
  ],
  ignored: [],
};
