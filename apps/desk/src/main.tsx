import { createRoot } from "react-dom/client";
import { createBrowserHistory } from "@tanstack/react-router";
import "./app/globals.css";
import { App } from "./app/app.tsx";
import { keepShell } from "./app/installed.ts";
import { firstLanguage, showLanguage } from "./i18n/language.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
// Words first: nothing is drawn in a language that isn't loaded yet.
await showLanguage(firstLanguage());
keepShell();
createRoot(root).render(<App history={createBrowserHistory()} />);
