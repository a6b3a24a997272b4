using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using SoonShop.ApiFrontend.Grpc;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.Users;

namespace SoonShop.Tests.Grpc;

/// <summary>Statuses, time-outs, settings and the digest of a checkout, without a shop.</summary>
public sealed class GrpcRuleTests
{
    [Fact]
    public void every_problem_has_a_status_of_its_kind() => Assert.All(ProblemCodes.Descriptions, p => Assert.Contains(
        GrpcStatuses.Of(p.Code),
        p.Status switch
        {
            400 or 406 or 415 => (StatusCode[])[StatusCode.InvalidArgument, StatusCode.Aborted],
            401 => [StatusCode.Unauthenticated],
            402 => [StatusCode.FailedPrecondition],
            403 => [StatusCode.PermissionDenied],
            404 => [StatusCode.NotFound],
            405 => [StatusCode.Unimplemented],
            408 => [StatusCode.DeadlineExceeded],
            409 or 412 or 422 => [StatusCode.Aborted, StatusCode.AlreadyExists, StatusCode.FailedPrecondition],
            413 or 429 => [StatusCode.ResourceExhausted],
            414 or 431 => [StatusCode.ResourceExhausted, StatusCode.Aborted],
            503 => [StatusCode.Unavailable],
            _ => [StatusCode.Internal],
        }));

    [Theory]
    [InlineData("1H", 3_600_000L)]
    [InlineData("2M", 120_000L)]
    [InlineData("3S", 3000L)]
    [InlineData("250m", 250L)]
    [InlineData("5000u", 5L)]
    [InlineData("99999999H", 359_999_996_400_000L)]
    [InlineData("0S", null)]
    [InlineData("", null)]
    [InlineData("S", null)]
    [InlineData("-1S", null)]
    [InlineData("1.5S", null)]
    [InlineData("1s", null)]
    [InlineData("100000000S", null)]
    public void a_time_out_is_read(string text, long? milliseconds)
    {
        var context = new DefaultHttpContext { Request = { ContentType = "application/grpc", Protocol = "HTTP/2" } };
        var method = new Method<string, string>(
            MethodType.Unary, "service", "method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new GrpcMethodMetadata(typeof(object), method)), "a method"));
        context.Request.Headers["grpc-timeout"] = text;
        Assert.Equal(milliseconds, (long?)context.Request.Timeout()?.TotalMilliseconds);
        // A route of the HTTP API has its own time limits, whatever a client calls its request.
        context.SetEndpoint(new Endpoint(null, EndpointMetadataCollection.Empty, "a route"));
        Assert.Null(context.Request.Timeout());
        Assert.False(context.Request.IsGrpc());
    }

    [Theory]
    [InlineData("application/grpc", "HTTP/2", true)]
    [InlineData("application/grpc+proto", "HTTP/2", true)]
    [InlineData("application/grpc-web", "HTTP/2", false)]
    [InlineData("application/json", "HTTP/2", false)]
    [InlineData("application/grpc", "HTTP/1.1", false)]
    [InlineData(null, "HTTP/2", false)]
    public void a_grpc_request_is_known_by_its_type_and_protocol(string? type, string protocol, bool isGrpc) =>
        Assert.Equal(isGrpc, new DefaultHttpContext { Request = { ContentType = type, Protocol = protocol } }.Request.IsGrpc());

    [Theory]
    [InlineData(false)]
    [InlineData(true, "Kestrel:Endpoints:Grpc:Url=http://+:8082", "Kestrel:Endpoints:Grpc:Protocols=Http2")]
    [InlineData(true, "Kestrel:Endpoints:Https:Url=https://+:8443")]
    [InlineData(true, "Kestrel:Endpoints:Grpc:Url=http://+:8082", "Kestrel:EndpointDefaults:Protocols=Http2")]
    [InlineData(true, "URLS=http://+:8080;https://+:8443")]
    [InlineData(true, "HTTPS_PORTS=8443")]
    public void what_can_serve_grpc_may(bool isEnabled, params string[] settings) => Assert.Empty(Problems(isEnabled, settings));

    [Theory]
    [InlineData]
    [InlineData("URLS=http://+:8080")]
    [InlineData("Kestrel:Endpoints:Http:Url=http://+:8080", "URLS=https://+:8443")]
    [InlineData("Kestrel:Endpoints:Http:Url=http://+:8080", "Kestrel:Endpoints:Http:Protocols=Http1AndHttp2")]
    public void what_serves_no_http2_cannot(params string[] settings) =>
        Assert.Contains("Kestrel__Endpoints__Grpc__Protocols", Assert.Single(Problems(true, settings)), StringComparison.Ordinal);

    [Fact]
    public void a_checkout_is_known_by_what_it_says()
    {
        var to = new AddressRequest("Ada", "1 Street", null, "Town", null, "12345", "US", null);
        var body = new PlaceOrderRequest(to, null, "pm", "a@example.com");
        var id = OrderContent.IdOf(body);
        Assert.Equal(id, OrderContent.IdOf(
            body with { Email = " a@example.com ", SavePaymentMethod = false, ShippingAddress = to with { Line2 = "" } }));
        PlaceOrderRequest[] others =
        [
            body with { Email = null },
            body with { PaymentMethod = "pm2" },
            body with { SavePaymentMethod = true },
            body with { ExpectedTotal = new ExpectedTotalRequest(1, "USD") },
            body with { ExpectedTotal = new ExpectedTotalRequest(1, "EUR") },
            body with { AddressId = Guid.NewGuid() },
            body with { ShippingAddress = null },
            body with { ShippingAddress = new AddressRequest(null, null, null, null, null, null, null, null) },
            .. typeof(AddressRequest).GetProperties().Select(p =>
            {
                var address = to with { };
                p.SetValue(address, "other");
                return body with { ShippingAddress = address };
            }),
        ];
        Assert.Equal(others.Length + 1, others.Select(OrderContent.IdOf).Append(id).Distinct().Count());
    }

    private static string[] Problems(bool isEnabled, string[] settings) =>
    [
        .. new GrpcOptions { Enabled = isEnabled }.Problems(new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(s => s.Split('=', 2)).Select(s => KeyValuePair.Create(s[0], (string?)s[1]))).Build()),
    ];
}
