import { createTheme, type CSSVariablesResolver, type MantineColorsTuple, type MantineThemeOverride } from "@mantine/core";

const accent: MantineColorsTuple = [
  "#eef0ff",
  "#e0e0fe",
  "#c5c3fb",
  "#a5a0fb",
  "#8a82f6",
  "#6f64ee",
  "#5f52e4",
  "#4f43d6",
  "#4338ca",
  "#3a31ad",
];

// Mantine draws dark surfaces from this scale: text first, deepest ground last.
const dark: MantineColorsTuple = [
  "#eceef2",
  "#c3c9d3",
  "#a9b0bd",
  "#6b7280",
  "#353a45",
  "#2a2f38",
  "#1d2027",
  "#15171c",
  "#0f1115",
  "#0b0c10",
];

/** Mantine's theme from our tokens: space 4, six sizes of type, one accent; AA in both schemes (filled shade 8, contrast by itself). */
export function themeFor(direction: "ltr" | "rtl"): MantineThemeOverride {
  const fontFamily = direction === "rtl" ? "var(--font-persian)" : "var(--font-latin)";
  return createTheme({
    primaryColor: "accent",
    primaryShade: 8,
    autoContrast: true,
    colors: { accent, dark },
    fontFamily,
    headings: {
      fontFamily,
      fontWeight: "600",
      sizes: { h1: { fontSize: "28px" }, h2: { fontSize: "20px" }, h3: { fontSize: "16px" }, h4: { fontSize: "14px" } },
    },
    fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
    spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
    defaultRadius: "sm",
    radius: { xs: "3px", sm: "6px", md: "8px", lg: "12px", xl: "16px" },
    respectReducedMotion: true,
    cursorType: "pointer",
    components: {
      // A dialog's own header is no banner of the page; a menu holds nothing but its items.
      Modal: { defaultProps: { transitionProps: { duration: 100 }, centered: true, attributes: { header: { role: "presentation" } } } },
      Menu: { defaultProps: { transitionProps: { duration: 80 }, withInitialFocusPlaceholder: false } },
      // The choices of a closed select aren't in the page: five hundred people would be drawn with every key.
      Combobox: { defaultProps: { keepMounted: false } },
      Tooltip: { defaultProps: { transitionProps: { duration: 80 }, openDelay: 400 } },
      Drawer: { defaultProps: { transitionProps: { duration: 120 }, attributes: { header: { role: "presentation" } } } },
    },
  });
}

/** Mantine's own surfaces and text take our tokens. */
export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--surface)",
    "--mantine-color-text": "var(--text)",
    "--mantine-color-dimmed": "var(--text-quiet)",
    "--mantine-color-default-border": "var(--line)",
    "--mantine-color-placeholder": "var(--text-quiet)",
    "--mantine-color-error": "var(--danger)",
    "--mantine-color-anchor": "var(--accent)",
  };
  return { variables: {}, light: shared, dark: { ...shared, "--mantine-color-default": "var(--surface-raised)" } };
};
