using Google.Protobuf;
using Grpc.Core;
using SoonShop.ApiKeys;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grpc;

/// <summary>Calls every method as everybody who might, and compares with <see cref="GrpcAccessTable"/>.</summary>
[Collection(nameof(GrpcShop))]
public sealed class GrpcAccessTests(GrpcShop shop)
{
    private readonly List<string> complaints = [];

    [Fact]
    public void every_method_has_its_expectation_and_every_expectation_its_method() => Assert.Equal(
        GrpcAccessTable.All.Select(m => m.FullName).Order(StringComparer.Ordinal),
        GrpcAccessTable.Methods.Select(e => e.Method).Order(StringComparer.Ordinal));

    [Fact]
    public async Task every_method_lets_in_whom_it_is_for_and_nobody_else()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var owner = await Customer.RegisterAsync(shop.Api);
        var ended = await owner.LoginAsync();
        Expect.Status(204, await ended.Api.PostAsync("/auth/logout", new { refreshToken = ended.RefreshToken }));
        await owner.Api.FillCartAsync(sku);
        var order = Expect.Status(201, await owner.Api.OrderAsync()).Text("id");
        var guest = await shop.Api.AsGuestAsync();
        var other = await shop.Api.AsNewCustomerAsync();
        var (readsOrders, readsOther) = (await KeyAsync("orders:read"), await KeyAsync([.. ApiScopes.All.Remove("orders:read")]));
        foreach (var expected in GrpcAccessTable.Methods)
        {
            var isOpen = expected.Who == Who.Anyone;
            StatusCode? unauthenticated = isOpen ? null : StatusCode.Unauthenticated;
            StatusCode? forbidden = isOpen ? null : StatusCode.PermissionDenied;
            StatusCode? foreign = expected.Owned ? StatusCode.NotFound : null;
            StatusCode? invalid = expected.Who == Who.CustomerOrGuest ? StatusCode.InvalidArgument : null;
            await TryAsync("nobody", shop.Api, expected.Who == Who.CustomerGuestOrNobody ? null : unauthenticated);
            await TryAsync("garbage", shop.Api with { AccessToken = "garbage" }, unauthenticated);
            await TryAsync("an ended session", ended.Api, unauthenticated);
            await TryAsync("an ended session beside a cart", ended.Api with { CartId = guest.CartId }, unauthenticated);
            await TryAsync("a bad cart id", shop.Api with { CartId = "x" }, invalid);
            await TryAsync("a key without the scope", readsOther, forbidden);
            await TryAsync("a key", readsOrders, expected.Scope is null ? forbidden : null);
            await TryAsync("a guest", guest, foreign);
            await TryAsync("another customer", other, foreign);
            await TryAsync("the customer", owner.Api, null);
            await TryAsync("an administrator", shop.Admin, null);

            async Task TryAsync(string name, ApiClient caller, StatusCode? refused)
            {
                var failure = await CallAsync(expected.Method, expected.Request(sku, order), caller.Metadata(Guid.NewGuid().ToString()));
                var code = failure?.Exception.StatusCode;
                var isLetIn = code is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.NotFound);
                if (refused is { } wanted ? code != wanted : !isLetIn || code is StatusCode.Internal or StatusCode.Unknown)
                    complaints.Add($"{expected.Method}: {name} got {failure?.ToString() ?? "in"}");
                else if (failure is not null && GrpcExpect.Flaw(failure) is { } flaw)
                    complaints.Add($"{expected.Method}: {name}: {flaw}: {failure}");
            }
        }
        Assert.True(complaints.Count == 0, $"{complaints.Count} complaints:\n{string.Join('\n', complaints)}");
    }

    [Fact]
    public async Task the_errors_say_why()
    {
        var missing = await CallAsync("soonshop.v1.Carts.GetCart", new ApiFrontend.Grpc.V1.GetCartRequest(), []);
        Assert.Equal((StatusCode.Unauthenticated, "unauthenticated"), (missing!.Exception.StatusCode, missing.Reason));
        var key = await KeyAsync("catalog:read");
        var forbidden = await CallAsync("soonshop.v1.Carts.GetCart", new ApiFrontend.Grpc.V1.GetCartRequest(), key.Metadata());
        Assert.Equal((StatusCode.PermissionDenied, "forbidden"), (forbidden!.Exception.StatusCode, forbidden.Reason));
    }

    private async Task<ApiClient> KeyAsync(params string[] scopes)
    {
        var made = await shop.Admin.PostAsync("/admin/api-keys", new { name = "gRPC access test", scopes });
        return shop.Api with { AccessToken = Expect.Status(201, made).Text("key") };
    }

    private Task<Failure?> CallAsync(string method, IMessage request, Metadata metadata) =>
        GrpcExpect.TryAsync(() => GrpcRaw.Call(shop.Grpc, method, request.ToByteArray(), metadata));
}
