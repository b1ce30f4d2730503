"""The words of the API's answers, in the languages the console speaks: bokmål, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from csc_console.problems import Code, Language
from kundeflyt.domain.cases import AuditWhat, DecisionWhat
from kundeflyt.domain.review import CriterionName, Ending, EntryWhat, Gap, Verdict

Said = Mapping[Language, str]


def _said(nb: str, sv: str, en: str) -> Said:
    return {"nb": nb, "sv": sv, "en": en}


PROBLEMS: Final[Mapping[Code, tuple[Said, Said, Said]]] = {
    # title, what happened, what to do next; {about} is what the request was about
    "not_signed_in": (
        _said("Ikke innlogget", "Inte inloggad", "Not signed in"),
        _said(
            "Innloggingen mangler eller er utløpt.",
            "Inloggningen saknas eller har gått ut.",
            "There is no sign-in, or it has run out.",
        ),
        _said("Logg inn på nytt.", "Logga in igen.", "Sign in again."),
    ),
    "not_in_a_group": (
        _said("Ingen tilgang", "Ingen åtkomst", "No access"),
        _said(
            "Brukeren er ikke med i noen gruppe, eller e-postadressen er ikke bekreftet.",
            "Användaren är inte med i någon grupp, eller så är e-postadressen inte bekräftad.",
            "The user is in no group, or the e-mail address is not verified.",
        ),
        _said(
            "Be den som styrer brukerne, om å legge deg i en gruppe.",
            "Be den som hanterar användarna att lägga dig i en grupp.",
            "Ask whoever manages users to put you in a group.",
        ),
    ),
    "not_allowed_for_group": (
        _said("Ikke din oppgave", "Inte din uppgift", "Not yours to do"),
        _said(
            "Gruppen din har ikke lov til dette.",
            "Din grupp får inte göra detta.",
            "Your group may not do this.",
        ),
        _said(
            "Be en kollega som har lov, om å gjøre det.",
            "Be en kollega som får göra det.",
            "Ask a colleague who may.",
        ),
    ),
    "not_your_customer": (
        _said("Ikke din kunde", "Inte din kund", "Not your customer"),
        _said(
            "Du ser bare kunder du selv eier i HubSpot.",
            "Du ser bara kunder som du själv äger i HubSpot.",
            "You see only customers that you own in HubSpot.",
        ),
        _said(
            "Kontakt kundeservice hvis kunden er blitt din.",
            "Kontakta kundservice om kunden har blivit din.",
            "Ask customer service if the customer has become yours.",
        ),
    ),
    "not_an_owner": (
        _said("Ukjent i HubSpot", "Okänd i HubSpot", "Unknown in HubSpot"),
        _said(
            "Ingen aktiv eier i HubSpot har e-postadressen din.",
            "Ingen aktiv ägare i HubSpot har din e-postadress.",
            "No active owner in HubSpot has your e-mail address.",
        ),
        _said(
            "Be om å få samme adresse i HubSpot som her.",
            "Be om att få samma adress i HubSpot som här.",
            "Ask for the same address in HubSpot as here.",
        ),
    ),
    "no_such_route": (
        _said("Finnes ikke", "Finns inte", "Not found"),
        _said("Adressen finnes ikke.", "Adressen finns inte.", "There is no such address."),
        _said("Last siden på nytt.", "Ladda om sidan.", "Load the page again."),
    ),
    "another_case_open": (
        _said(
            "Kunden har alt en åpen sak", "Kunden har redan ett öppet ärende", "The customer has an open case already"
        ),
        _said(
            "{about} kan bare ha én åpen sak om gangen. Ingenting er endret.",
            "{about} kan bara ha ett öppet ärende i taget. Inget har ändrats.",
            "{about} can have one open case at a time. Nothing was changed.",
        ),
        _said(
            "Søk opp den åpne saken, og skriv en kommentar der.",
            "Sök upp det öppna ärendet, och skriv en kommentar där.",
            "Find the open case, and leave a comment there.",
        ),
    ),
    "no_such_record": (
        _said("Finnes ikke", "Finns inte", "Not found"),
        _said("{about} finnes ikke.", "{about} finns inte.", "There is no {about}."),
        _said(
            "Gå tilbake til listen og finn den derfra.",
            "Gå tillbaka till listan och leta där.",
            "Go back to the list and find it there.",
        ),
    ),
    "invalid": (
        _said("Noe er feil utfylt", "Något är fel ifyllt", "Something is filled in wrongly"),
        _said(
            "Forespørselen kan ikke brukes som den er. Ingenting er endret.",
            "Begäran kan inte användas som den är. Inget har ändrats.",
            "The request cannot be used as it is. Nothing was changed.",
        ),
        _said("Rett feltene som er nevnt.", "Rätta fälten som nämns.", "Correct the fields that are named."),
    ),
    "unreadable": (
        _said("Kan ikke leses", "Kan inte läsas", "Cannot be read"),
        _said(
            "Innholdet er ikke JSON. Ingenting er endret.",
            "Innehållet är inte JSON. Inget har ändrats.",
            "The content is not JSON. Nothing was changed.",
        ),
        _said(
            "Send JSON med Content-Type application/json.",
            "Skicka JSON med Content-Type application/json.",
            "Send JSON with Content-Type application/json.",
        ),
    ),
    "outdated": (
        _said("Endret imens", "Ändrat under tiden", "Changed meanwhile"),
        _said(
            "Noen har endret dette etter at du åpnet det. Ingenting av ditt er lagret.",
            "Någon har ändrat detta sedan du öppnade det. Inget av ditt har sparats.",
            "Somebody has changed this since you opened it. Nothing of yours was stored.",
        ),
        _said(
            "Se på det slik det er nå, og prøv igjen.",
            "Titta på hur det ser ut nu och försök igen.",
            "Look at it as it is now, and try again.",
        ),
    ),
    "decided_meanwhile": (
        _said("Allerede avgjort", "Redan avgjort", "Already decided"),
        _said(
            "En annen har avgjort saken imens. Ingenting av ditt er lagret.",
            "Någon annan har avgjort ärendet under tiden. Inget av ditt har sparats.",
            "Somebody else has decided the case meanwhile. Nothing of yours was stored.",
        ),
        _said(
            "Les vedtaket; er du uenig, snakk med den som fattet det.",
            "Läs beslutet; är du oense, prata med den som fattade det.",
            "Read the decision; if you disagree, talk to whoever made it.",
        ),
    ),
    "claimed_by_another": (
        _said("Tatt av en kollega", "Tagen av en kollega", "Taken by a colleague"),
        _said(
            "{about} arbeider med saken nå. Ingenting er endret.",
            "{about} arbetar med ärendet nu. Inget har ändrats.",
            "{about} is working on the case now. Nothing was changed.",
        ),
        _said(
            "Velg en annen sak, eller ta over denne.",
            "Välj ett annat ärende, eller ta över detta.",
            "Choose another case, or take this one over.",
        ),
    ),
    "not_possible_now": (
        _said("Går ikke nå", "Går inte nu", "Not possible now"),
        _said(
            "Dette kan ikke gjøres slik det står nå. Ingenting er endret.",
            "Detta kan inte göras som det ser ut nu. Inget har ändrats.",
            "This cannot be done as things stand. Nothing was changed.",
        ),
        _said("Last siden på nytt.", "Ladda om sidan.", "Load the page again."),
    ),
    "on_hold": (
        _said("Flyten er stoppet", "Flödet är stoppat", "The flow is on hold"),
        _said(
            "Reglene lar ikke {about} arbeide, så det som slippes, ville bli holdt igjen. Ingenting er endret.",
            "Reglerna låter inte {about} arbeta, så det som släpps skulle hållas igen. Inget har ändrats.",
            "The rules do not let {about} act, so what is released would be held again. Nothing was changed.",
        ),
        _said(
            "Sett modus til on i reglene først.",
            "Sätt läget till on i reglerna först.",
            "Set the mode to on in the rules first.",
        ),
    ),
    "unavailable": (
        _said("Svarer ikke nå", "Svarar inte nu", "Not answering now"),
        _said(
            "Et system vi trenger, svarer ikke. Vi vet ikke om noe er endret.",
            "Ett system som vi behöver svarar inte. Vi vet inte om något har ändrats.",
            "A system we need does not answer. We do not know whether anything was changed.",
        ),
        _said(
            "Vent et halvt minutt, last på nytt og se før du prøver igjen.",
            "Vänta en halv minut, ladda om och titta innan du försöker igen.",
            "Wait half a minute, load again and look before you try again.",
        ),
    ),
    "broken": (
        _said("Feil hos oss", "Fel hos oss", "A fault of ours"),
        _said(
            "Noe gikk galt hos oss. Vi vet ikke om noe er endret.",
            "Något gick fel hos oss. Vi vet inte om något har ändrats.",
            "Something went wrong on our side. We do not know whether anything was changed.",
        ),
        _said(
            "Last på nytt og se. Skjer det igjen, gi driften request_id.",
            "Ladda om och titta. Händer det igen, ge driften request_id.",
            "Load again and look. If it happens again, give operations the request_id.",
        ),
    ),
}

WRONG: Final[Mapping[str, Said]] = {
    "missing": _said("mangler", "saknas", "is missing"),
    "extra_forbidden": _said("er ikke kjent", "är inte känt", "is not known"),
    "string_too_short": _said("er for kort", "är för kort", "is too short"),
    "string_too_long": _said("er for lang", "är för lång", "is too long"),
    "string_pattern_mismatch": _said("har feil form", "har fel form", "has the wrong form"),
    "literal_error": _said("er ikke en av mulighetene", "är inte ett av alternativen", "is not one of the choices"),
    "json_invalid": _said("er ikke JSON", "är inte JSON", "is not JSON"),
    "int_parsing": _said("er ikke et helt tall", "är inte ett heltal", "is not a whole number"),
}
"""What is wrong with a field, by pydantic's name for it; its own English sentence stands where we have none."""

OTHERWISE_WRONG: Final[Said] = _said("kan ikke brukes", "kan inte användas", "cannot be used")

CRITERIA: Final[Mapping[CriterionName, Said]] = {
    "attempts_by_email": _said("Forsøkt på e-post", "Försökt via e-post", "Tried by e-mail"),
    "attempts_by_phone": _said("Forsøkt på telefon", "Försökt via telefon", "Tried by phone"),
    "no_response": _said("Ingen respons fra kunden", "Inget svar från kunden", "No response from the customer"),
    "period_over": _said("Perioden er over", "Perioden är över", "The period is over"),
    "main_contact": _said(
        "Hovedkontakt med navn og telefon", "Huvudkontakt med namn och telefon", "Main contact with name and phone"
    ),
    "owner_set": _said("Kunden har en eier", "Kunden har en ägare", "The customer has an owner"),
    "no_open_work": _said("Ingen åpne oppgaver eller ordrer", "Inga öppna uppgifter eller order", "No open work"),
}

VERDICTS: Final[Mapping[Verdict, Said]] = {
    "met": _said("oppfylt", "uppfyllt", "met"),
    "not_met": _said("ikke oppfylt", "inte uppfyllt", "not met"),
    "unknown": _said("ukjent", "okänt", "unknown"),
}

ENTRIES: Final[Mapping[EntryWhat, Said]] = {
    "sequence_email": _said("E-post i sekvensen", "E-post i sekvensen", "E-mail of the sequence"),
    "sequence_call": _said("Telefonforsøk i sekvensen", "Telefonförsök i sekvensen", "Call of the sequence"),
    "email_out": _said("E-post til kunden", "E-post till kunden", "E-mail to the customer"),
    "email_in": _said("E-post fra kunden", "E-post från kunden", "E-mail from the customer"),
    "call_out": _said("Logget samtale – teller ikke", "Loggat samtal – räknas inte", "Logged call – does not count"),
    "call_in": _said("Kunden ringte", "Kunden ringde", "The customer rang"),
    "call_connected": _said("Samtale med kunden", "Samtal med kunden", "Talked with the customer"),
    "meeting_held": _said("Møte holdt", "Möte hållet", "Meeting held"),
    "meeting_booked": _said("Møte avtalt", "Möte bokat", "Meeting booked"),
    "meeting_no_show": _said("Kunden møtte ikke", "Kunden kom inte", "The customer did not show up"),
    "sms_out": _said("SMS til kunden", "SMS till kunden", "SMS to the customer"),
    "sms_in": _said("SMS fra kunden", "SMS från kunden", "SMS from the customer"),
    "task_open": _said("Åpen oppgave", "Öppen uppgift", "Open task"),
    "order_open": _said("Åpen ordre", "Öppen order", "Open order"),
}

ENDINGS: Final[Mapping[Ending, Said]] = {
    "finished": _said("Sekvensen gikk ut", "Sekvensen tog slut", "The sequence ran out"),
    "replied": _said("Kunden svarte", "Kunden svarade", "The customer replied"),
    "bounced": _said("E-posten kom i retur", "E-posten studsade", "The e-mail bounced"),
    "opted_out": _said("Kontakten reserverte seg", "Kontakten avböjde", "The contact opted out"),
    "left": _said("Tatt ut av sekvensen", "Uttagen ur sekvensen", "Taken out of the sequence"),
}

GAPS: Final[Mapping[Gap, Said]] = {
    "main_contact": _said("hovedkontakt", "huvudkontakt", "main contact"),
    "phone": _said("telefonnummer", "telefonnummer", "phone number"),
    "email": _said("e-postadresse", "e-postadress", "e-mail address"),
}
WAITS_FOR: Final[Said] = _said("Venter på {what}", "Väntar på {what}", "Waits for {what}")
AN_ANSWER: Final[Said] = _said("svar på et spørsmål", "svar på en fråga", "the answer to a question")

CHOICES: Final[Mapping[DecisionWhat, Said]] = {
    "inactive": _said("Gjør kunden inaktiv", "Gör kunden inaktiv", "Make the customer inactive"),
    "keep": _said("Behold kunden hos rådgiveren", "Behåll kunden hos rådgivaren", "Keep the customer"),
    "needs_more": _said("Be om mer informasjon", "Be om mer information", "Ask for more"),
}

EFFECTS: Final[Mapping[DecisionWhat, Mapping[str, Said]]] = {
    "inactive": {
        "owner_cleared": _said("fjerner eieren i HubSpot", "tar bort ägaren i HubSpot", "clears the owner in HubSpot"),
        "status_set": _said(
            "setter kunden som inaktiv i HubSpot", "sätter kunden som inaktiv i HubSpot", "marks the customer inactive"
        ),
        "metodika_task": _said(
            "gir rådgiveren en oppgave i Metodika", "ger rådgivaren en uppgift i Metodika", "gives a task in Metodika"
        ),
        "programme_started": _said(
            "starter programmet for inaktive kunder",
            "startar programmet för inaktiva kunder",
            "starts the programme for inactive customers",
        ),
        "documented": _said(
            "skriver vedtaket på tidslinjen", "skriver beslutet på tidslinjen", "writes the decision on the timeline"
        ),
    },
    "keep": {
        "feedback_task": _said(
            "gir rådgiveren en oppgave med tilbakemeldingen",
            "ger rådgivaren en uppgift med återkopplingen",
            "gives the adviser a task with the feedback",
        ),
    },
    "needs_more": {
        "question_task": _said(
            "gir den som spørres, en oppgave", "ger den som tillfrågas en uppgift", "gives whoever is asked a task"
        ),
        "case_returns": _said(
            "saken kommer tilbake når oppgaven er gjort",
            "ärendet kommer tillbaka när uppgiften är gjord",
            "the case comes back when the task is done",
        ),
    },
}
"""What follows from each decision once it can no longer be undone, in the order it happens."""

AUDIT: Final[Mapping[AuditWhat, Said]] = {
    "opened": _said("Saken ble åpnet", "Ärendet öppnades", "The case was opened"),
    "evidence_added": _said("Nytt grunnlag kom til", "Nytt underlag kom till", "Evidence was added"),
    "wait_ended": _said("Ventetiden er over", "Väntan är över", "The wait ended"),
    "claimed": _said("Tok saken", "Tog ärendet", "Claimed the case"),
    "renewed": _said("Fortsatte med saken", "Fortsatte med ärendet", "Went on with the case"),
    "released": _said("Ga saken tilbake", "Lämnade tillbaka ärendet", "Released the case"),
    "taken_over": _said("Overtok saken", "Tog över ärendet", "Took the case over"),
    "commented": _said("Kommenterte", "Kommenterade", "Commented"),
    "decided": _said("Avgjorde saken", "Avgjorde ärendet", "Decided the case"),
    "undone": _said("Angret vedtaket", "Ångrade beslutet", "Undid the decision"),
    "effects_begun": _said("Vedtaket begynte å virke", "Beslutet började verka", "The decision began to take effect"),
    "asked": _said("Spørsmålet ble sendt", "Frågan skickades", "The question was sent"),
    "effected": _said("Vedtaket er utført", "Beslutet är utfört", "The decision has taken effect"),
    "withdrawn": _said("Saken ble trukket tilbake", "Ärendet drogs tillbaka", "The case was withdrawn"),
    "reactivated": _said("Kunden tok kontakt igjen", "Kunden hörde av sig igen", "The customer was heard from again"),
    "reopened": _said("Gjenåpnet saken", "Öppnade ärendet igen", "Reopened the case"),
    "merged": _said("Poster ble slått sammen", "Poster slogs ihop", "Records were merged"),
    "forgotten": _said("En person ble slettet", "En person raderades", "A person was erased"),
}
