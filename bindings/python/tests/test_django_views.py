"""Every way to put ``require_auth`` around a view of Django, under WSGI and ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from . import test_django as base  # it makes settings

from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from tesseral_verify.django import organization_id, require_auth

from .support.fake import Fake

configured = base.configured


def function(request: HttpRequest) -> HttpResponse:
    return HttpResponse(organization_id(request))


async def coroutine(request: HttpRequest) -> HttpResponse:
    return HttpResponse(organization_id(request))


class Sync(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(organization_id(request))


class Async(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(organization_id(request))


class Rest(APIView):
    authentication_classes = ()

    def get(self, request: Request) -> Response:
        return Response(organization_id(request))


class SyncMethod(View):
    @require_auth
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(organization_id(request))


class AsyncMethod(View):
    @require_auth
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(organization_id(request))


class DecoratedMethod(View):
    @method_decorator(require_auth)
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(organization_id(request))


class RestMethod(APIView):
    authentication_classes = ()

    @method_decorator(require_auth)
    def get(self, request: Request) -> Response:
        return Response(organization_id(request))


class RestOwnMethod(APIView):
    authentication_classes = ()

    @require_auth
    def get(self, request: Request) -> Response:
        return Response(organization_id(request))


class Set(ViewSet):
    authentication_classes = ()

    @require_auth
    def list(self, request: Request) -> Response:
        return Response(organization_id(request))


class Instance:
    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(organization_id(request))


@require_auth
@api_view(["GET"])
@authentication_classes([])
def rest_inside(request: Request) -> Response:
    return Response(organization_id(request))


@api_view(["GET"])
@authentication_classes([])
@require_auth
def rest_outside(request: Request) -> Response:
    return Response(organization_id(request))


def derived(kind: type) -> type:
    return type(kind.__name__, (kind,), {})


VIEWS: dict[str, Any] = {
    "function": require_auth(function),
    "coroutine": require_auth(coroutine),
    "partial": require_auth(partial(coroutine)),
    "outside csrf_exempt": require_auth(csrf_exempt(function)),
    "inside require_GET": require_GET(require_auth(function)),
    "around itself": require_auth(require_auth(coroutine)),
    "as_view": require_auth(Sync.as_view()),
    "asynchronous as_view": require_auth(Async.as_view()),
    "dispatch": method_decorator(require_auth, name="dispatch")(derived(Sync)).as_view(),
    "asynchronous dispatch": method_decorator(require_auth, name="dispatch")(derived(Async)).as_view(),
    "class": require_auth(derived(Sync)).as_view(),
    "asynchronous class": require_auth(derived(Async)).as_view(),
    "method": SyncMethod.as_view(),
    "asynchronous method": AsyncMethod.as_view(),
    "method by Django's decorator": DecoratedMethod.as_view(),
    "REST as_view": require_auth(Rest.as_view()),
    "REST dispatch": method_decorator(require_auth, name="dispatch")(derived(Rest)).as_view(),
    "REST class": require_auth(derived(Rest)).as_view(),
    "REST method by Django's decorator": RestMethod.as_view(),
    "REST method": RestOwnMethod.as_view(),
    "REST set": Set.as_view({"get": "list"}),
    "REST function, inside": rest_inside,
    "REST function, outside": rest_outside,
    "instance": require_auth(Instance()),
}


@pytest.fixture(autouse=True)
def routed(configured: None) -> Iterator[None]:
    routes = tuple(path(f"view/{number}", view) for number, view in enumerate(VIEWS.values()))
    with override_settings(ROOT_URLCONF=routes, REST_FRAMEWORK={"UNAUTHENTICATED_USER": None}):
        yield


@pytest.mark.parametrize("name", VIEWS)
def test_a_view(fake: Fake, name: str) -> None:
    address = f"/view/{list(VIEWS).index(name)}"
    token, expired = fake.token(), fake.token(expired=1)

    async def asynchronously(*credentials: str) -> list[Any]:
        client = AsyncClient(raise_request_exception=False)
        return [await client.get(address, headers={"Authorization": credential}) for credential in credentials]

    credentials = (f"Bearer {token}", f"Bearer {expired}", "Basic x")
    client = Client(raise_request_exception=False)
    for answers in (
        [client.get(address, HTTP_AUTHORIZATION=credential) for credential in credentials],
        asyncio.run(asynchronously(*credentials)),
    ):
        assert [answer.status_code for answer in answers] == [200, 401, 401]
        assert answers[0].content.strip(b'"')[:4] == b"org_"
        assert [answer.json() for answer in answers[1:]] == [{"error": "Unauthorized"}] * 2


def test_what_is_called_without_a_request() -> None:
    with pytest.raises(TypeError, match="without a request"):
        require_auth(lambda: None)()
