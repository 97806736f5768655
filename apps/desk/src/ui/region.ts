import { create } from "zustand";

/** Where the organisation is: its zone for times, its country for phone numbers. The browser's until someone signs in. */
export const useRegion = create<{ readonly timeZone: string; readonly country: string }>(() => ({
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  country: "",
}));
