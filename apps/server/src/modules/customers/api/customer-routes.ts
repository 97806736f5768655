import type { ContactId } from "@allo/kernel";
import type { Api } from "../../../platform/http.ts";
import type { Contacts } from "../../contacts/index.ts";
import type { CustomerFields } from "../fields.ts";
import type { Customers } from "../service.ts";

export function registerCustomerRoutes(
  api: Api,
  {
    customers,
    fields,
    contacts,
  }: { readonly customers: Customers; readonly fields: CustomerFields; readonly contacts: Pick<Contacts, "page"> },
): void {
  api.on("customersSearch", ({ principal, query }) => customers.search(principal, query));
  api.on("customerCreate", ({ principal, address, body }) => customers.create({ principal, address }, body));
  api.on("customerGet", ({ principal, params }) => customers.fetch(principal, params.customerId));
  api.on("customerUpdate", ({ principal, address, params, body }) => customers.update({ principal, address }, params.customerId, body));
  api.on("customerFieldsList", ({ principal }) => fields.list(principal));
  api.on("customerFieldCreate", ({ principal, address, body }) => fields.create({ principal, address }, body));
  api.on("customerFieldUpdate", ({ principal, address, params, body }) => fields.update({ principal, address }, params.fieldId, body));
  api.on("contactCustomerPut", async ({ principal, params, body }) => {
    await customers.tie(principal, params.contactId as ContactId, body.customerId);
    return contacts.page({ organisationId: principal.organisationId, projectIds: principal.projectIds }, params.contactId as ContactId);
  });
}
