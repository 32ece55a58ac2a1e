"""`template.yaml`: an AWS HTTP API with a JWT authorizer, as an AWS SAM template.

Each microservice is a Lambda function from a container image with the AWS Lambda Web Adapter, which hands the request
context to the program in `x-amzn-request-context`, as the model does. It was checked by cfn-lint; AWS was not run.
"""

from __future__ import annotations

from typing import Any

from authpatterns.adapters.export.facts import Issuer, Places, issuer_of, routes, to_yaml
from authpatterns.authn import AwsJwtAuthorizer
from authpatterns.authn.aws_jwt_authorizer import ORIGIN_SECRET
from authpatterns.deployment import Deployment

FITS = ("aws-jwt-authorizer",)

_NOTE = (
    """An HTTP API with a JWT authorizer, for `sam deploy --guided`. It was checked by cfn-lint and was not deployed."""
)

_METHODS = ("get", "post", "patch")


def fits(shop: Deployment) -> bool:
    """HTTP APIs alone: the REST API's authorizer is configured in another way."""
    return isinstance(shop.authn, AwsJwtAuthorizer) and shop.authn.api == "http"


def files(shop: Deployment, places: Places) -> dict[str, str]:
    """`template.yaml`."""
    owners = routes(shop)
    images = {
        f"{_id(name)}Image": _parameter(f"Image of {name} with the Lambda Web Adapter") for name in owners.values()
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": f"The bookshop behind a JWT authorizer ({shop.authn.name}, {shop.authz.name})",
        "Parameters": {
            **images,
            "OriginSecret": {
                "Type": "String",
                "NoEcho": True,
                "MinLength": 32,
                "Description": f"Value of {ORIGIN_SECRET}",
            },
        },
        "Resources": {"Api": _api(shop, owners), **_functions(owners)},
        "Outputs": {"Url": {"Value": {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}}},
    }
    return {"template.yaml": to_yaml(template, _NOTE)}


def _api(shop: Deployment, owners: dict[str, str]) -> dict[str, Any]:
    authn = shop.authn
    assert isinstance(authn, AwsJwtAuthorizer)
    document = {
        "openapi": "3.0.1",
        "info": {"title": "bookshop", "version": "1"},
        "components": {"securitySchemes": {"issuer": _authorizer(issuer_of(shop))}},
        "paths": {
            path: _operations(name, authn.scopes)
            for prefix, name in owners.items()
            for path in (prefix, f"{prefix}/{{rest+}}")
        },
    }
    return {"Type": "AWS::Serverless::HttpApi", "Properties": {"DefinitionBody": document, "FailOnWarnings": True}}


def _authorizer(issuer: Issuer) -> dict[str, Any]:
    """The JWT authorizer, as API Gateway's OpenAPI extension has it."""
    return {
        "type": "oauth2",
        "x-amazon-apigateway-authorizer": {
            "type": "jwt",
            "identitySource": "$request.header.Authorization",
            "jwtConfiguration": {"issuer": issuer.url, "audience": list(issuer.audiences)},
        },
    }


def _operations(name: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Every method of a path; the static header is how the backend knows API Gateway."""
    function = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{{_id(name)}}}"
    uri = f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "payloadFormatVersion": "2.0",
        "uri": {"Fn::Sub": uri},
        "requestParameters": {f"overwrite:header.{ORIGIN_SECRET}": {"Ref": "OriginSecret"}},
    }
    operation = {
        "security": [{"issuer": list(scopes)}],
        "responses": {"default": {"description": f"The answer of {name}"}},
        "x-amazon-apigateway-integration": integration,
    }
    return dict.fromkeys(_METHODS, operation)


def _functions(owners: dict[str, str]) -> dict[str, Any]:
    """A function for each microservice, and the right of the API to call it."""
    found: dict[str, Any] = {}
    for name in owners.values():
        found[_id(name)] = {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "PackageType": "Image",
                "ImageUri": {"Ref": f"{_id(name)}Image"},
                "MemorySize": 512,
                "Timeout": 10,
            },
        }
        found[f"{_id(name)}Permission"] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": _id(name)},
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*"
                },
            },
        }
    return found


def _parameter(description: str) -> dict[str, str]:
    return {"Type": "String", "Description": description}


def _id(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
