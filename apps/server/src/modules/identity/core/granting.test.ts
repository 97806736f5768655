import { permissions, rolePermissions } from "@allo/contract";
import { describe, expect, it } from "vitest";
import { beyondOwn, grantedBy, readPermissions } from "./granting.ts";

const auditor = { roleId: "rol_auditor", permissions: ["audit.read", "contacts.readAll"] as const, retired: false };

describe("what a person may do", () => {
  it("is the union of the built-in roles and the own ones", () => {
    const granted = grantedBy({ roles: ["agent"], ownRoleIds: ["rol_auditor"] }, [auditor]);
    expect([...granted].toSorted()).toEqual([...rolePermissions.agent, "audit.read", "contacts.readAll"].toSorted());
  });
  it("comes from own roles alone where no built-in one is held", () => {
    expect(grantedBy({ roles: [], ownRoleIds: ["rol_auditor"] }, [auditor])).toEqual(new Set(auditor.permissions));
  });
  it("has nothing from a role that is retired, unknown or not held", () => {
    expect(grantedBy({ roles: [], ownRoleIds: ["rol_auditor"] }, [{ ...auditor, retired: true }]).size).toBe(0);
    expect(grantedBy({ roles: [], ownRoleIds: ["rol_gone"] }, [auditor]).size).toBe(0);
    expect(grantedBy({ roles: ["lead"], ownRoleIds: [] }, [auditor]).has("audit.read")).toBe(false);
  });
});

describe("granting", () => {
  it("reaches as far as one's own rights and not a word further", () => {
    expect(beyondOwn(new Set(rolePermissions.lead), rolePermissions.agent)).toEqual([]);
    expect(beyondOwn(new Set(rolePermissions.lead), rolePermissions.administrator)).toEqual([
      "setup.manage",
      "people.manage",
      "audit.read",
      "traces.read",
    ]);
    expect(beyondOwn(new Set(rolePermissions.administrator), permissions)).toEqual([]);
  });
  it("is of words of the contract only", () => {
    expect(readPermissions(["audit.read", "everything", "desk.work"])).toEqual(["desk.work", "audit.read"]);
  });
});
