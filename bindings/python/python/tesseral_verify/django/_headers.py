"""The two headers of a request that may carry a credential, as the client sent them where that is known."""

from __future__ import annotations

from django.http import HttpRequest  # type: ignore[import-untyped]


def presented(request: HttpRequest) -> list[tuple[str, str]]:
    """Pairs of name and value.

    ``META`` has one value for each name. Under ASGI, Django joins the values of repeated headers, and up to 5.2 it joins
    cookies, which HTTP/2 splits, with commas. Such a comma looks like one inside a value. The scope has the headers as they
    came. If another middleware has changed or removed a value in ``META``, what is in ``META`` counts.
    """
    scope = getattr(request, "scope", None)
    sent = scope.get("headers", ()) if isinstance(scope, dict) else ()
    found = []
    for name, variable in (("authorization", "HTTP_AUTHORIZATION"), ("cookie", "HTTP_COOKIE")):
        if variable not in request.META:
            continue
        value = request.META[variable]
        values = [octets.decode("latin1") for header, octets in sent if header == name.encode()]
        unchanged = value in (",".join(values), "; ".join(part.rstrip("; ") for part in values))
        found += [(name, part) for part in (values if unchanged else [value])]
    return found
