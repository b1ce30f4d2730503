"""The words of the API's answers, in the languages the console speaks: bokmål, Swedish and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from csc_console.problems import Code, Language

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
