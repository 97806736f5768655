export { registerCustomerRoutes } from "./api/customer-routes.ts";
export { createCustomerFields } from "./fields.ts";
export type { CustomerFields } from "./fields.ts";
export { readPhone } from "./phone-number.ts";
export { createCustomers } from "./service.ts";
export type { Customers, CustomersDeps, CustomerSettings, CustomersEvents } from "./service.ts";
