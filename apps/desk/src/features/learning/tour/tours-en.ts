import type { TourTexts } from "./tour-texts.ts";

export const tours: TourTexts = {
  agent: {
    welcome: {
      title: "Welcome to your desk",
      text: "In about ten minutes you will have gone ready, taken a break, found your customers and answered a real test call. You do everything yourself, in the real desk. You can stop at any time and go on later from your menu.",
    },
    state: {
      title: "Your state",
      text: "Here at the top always stands what you are doing, and for how long: [[ready|ready]], [[talking|talking]], [[wrapUp|wrap-up]], a [[break|break]]. It follows you into every room.",
    },
    ready: {
      title: "Go ready",
      text: "Calls come only while you are [[ready|ready]]. The browser asks once for the microphone, so that customers can hear you. Should a customer call right now, take the call: the tour waits.",
      task: "Press “Go ready”, or {key:ready}.",
    },
    phone: {
      title: "Your phone",
      text: "There is no telephone set: you talk through the browser. The sign shows a tick once the server has had sound in both directions. Only then are calls offered, so that nobody meets silence.",
      task: "Wait for “Phone works”; press the sign to see what it says.",
    },
    break: {
      title: "Take a break",
      text: "Whoever stops taking calls says why, with a [[reason|reason]]. Chosen in mid-call, it begins after wrap-up.",
      task: "Press your state and choose a reason.",
    },
    keys: {
      title: "Hands on the keyboard",
      text: "Answer is {key:answer}, hold {key:hold}, mute {key:mute}, hang up {key:hangUp}. They work in every room, even while you write. Ctrl K finds everything else.",
      task: "Press ? to see all keys, then Escape.",
    },
    customers: {
      title: "Who calls",
      text: "When the phone rings, the [[customerCard|customer card]] is already beside it. All cards are in this room; open one if there are any yet.",
      task: "Go to Customers.",
    },
    contacts: {
      title: "What was before",
      text: "Every call you had stands here, with its course, its result and your notes.",
      task: "Go to Contacts.",
    },
    call: {
      title: "Now a real call",
      text: "The program calls you as a customer would: greeting, queue, ringing. It comes to you alone and counts in no figure. Put your headset on.",
      task: "Press the button and wait until it rings.",
    },
    answer: {
      title: "It rings",
      text: "Who calls, on which queue and for how long stands in the call bar. The words to greet with stand on the card.",
      task: "Answer: the button, or {key:answer}.",
    },
    speak: {
      title: "Speak",
      text: "The caller says hello and asks you to say something. The bar shows your voice as the caller hears it.",
      task: "Say your greeting, then count to five.",
    },
    note: {
      title: "Write a note",
      text: "One sentence for the next colleague. It is saved as you type, in the call and in wrap-up alike.",
      task: "Write a few words.",
    },
    code: {
      title: "How did it end?",
      text: "Choose a [[wrapUpCode|result]]: type to find it, arrows and Enter choose it. Then finish; Ctrl + Enter does it too. If the time runs out, the call waits in your list on the left.",
      task: "When the caller has hung up, choose a result and finish.",
    },
    done: {
      title: "You can do it",
      text: "You have answered a call and coded it. Help is behind the “?” of every page, words are explained in the glossary, and the test call can be placed again whenever you like.",
    },
  },
  lead: {
    welcome: {
      title: "A look around for leads",
      text: "In five minutes: what happens now, why a call waits, who is in which state, what was said, and which calls were lost.",
    },
    floor: {
      title: "The floor",
      text: "Queues, people and waiting callers as they are this second. What needs you stands first.",
      task: "Go to the floor.",
    },
    tile: {
      title: "A queue",
      text: "Big: who waits, and the longest wait. Below: how many agents are ready, talking, in wrap-up, away. Then today: [[serviceLevel|service level]], [[asa|ASA]], [[aht|AHT]], [[abandoned|abandoned]]. Press a figure to see the calls behind it.",
    },
    waiting: {
      title: "Why a call waits",
      text: "For every waiting caller the reason is written out: talking, not ready, no phone, a skill is missing. No guessing.",
    },
    agents: {
      title: "Your people",
      text: "Each agent with state and time. Who is over the limit of a break, or has no phone, stands at the top. The word in the last column leads to the call that goes on.",
    },
    notReady: {
      title: "Set someone not ready",
      text: "Somebody has gone away and calls ring in vain? The moon in the row sets the agent [[notReady|not ready]], with a reason that the agent sees. In a call it begins afterwards.",
    },
    contacts: {
      title: "What was said",
      text: "Every call of everyone. Filters stand in the address: send a link and a colleague sees the same.",
      task: "Go to Contacts.",
    },
    contact: {
      title: "One call, whole",
      text: "Its course second by second, why it was offered to whom, notes, and the [[recording|recording]] with both sides apart. Listening is noted in the list of changes.",
      task: "Open a call, if there is one yet.",
    },
    lostCalls: {
      title: "Lost calls",
      text: "Whoever didn't get through stands here until somebody has called back. Share them out in the morning and look again at noon.",
      task: "Go to Lost calls.",
    },
    done: {
      title: "That's the floor",
      text: "Help is behind the “?” of every page. There you also see which of your agents have taken their tour. Take the agents' one yourself: it ends with a test call.",
    },
  },
};
