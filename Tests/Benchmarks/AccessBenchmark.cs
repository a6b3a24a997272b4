using System.Diagnostics;
using System.Security.Claims;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SoonShop.ApiFrontend.Users;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What it costs to know who calls: a token's signature, and asking after its session. <c>./test.sh bench AccessBenchmark</c>
/// </summary>
public sealed class AccessBenchmark(ITestOutputHelper output)
{
    private const int Checks = 20_000;
    private const int Clients = 8;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    [Fact(Explicit = true)]
    public async Task a_tokens_signature()
    {
        var options = new AuthOptions { Keys = TestKey.OfShops.Pem };
        using var keys = new SigningKeys(options, NullLogger<SigningKeys>.Instance, TimeProvider.System);
        using var remembered = new VerifiedTokens(keys, TimeProvider.System);
        var id = Guid.NewGuid();
        var user = new User(id, "ada@example.com", true, "Ada", "en", [Role.Customer], DateTimeOffset.UtcNow);
        var token = new Tokens(options, keys, TimeProvider.System)
            .ToResponse(new SignedIn(user, id, new RefreshToken(id, id, "x"))).AccessToken;
        var secret = new SymmetricSecurityKey(new byte[48]);
        var symmetric = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Subject = new ClaimsIdentity([new Claim("sub", "x"), new Claim("sid", "x"), new Claim("role", "customer")]),
            SigningCredentials = new SigningCredentials(secret, SecurityAlgorithms.HmacSha256),
        });
        var hmac = new TokenValidationParameters { IssuerSigningKey = secret, ValidateAudience = false, ValidateIssuer = false };
        var plain = new JsonWebTokenHandler { MapInboundClaims = false };
        for (var round = 0; round < 2; round++)
        {
            output.WriteLine($"HS256 {await MeasureAsync(plain, symmetric, hmac):F1} µs, ES256 "
                + $"{await MeasureAsync(plain, token, Tokens.Validation(keys)):F1} µs, ES256 remembered "
                + $"{await MeasureAsync(remembered, token, Tokens.Validation(keys)):F1} µs a token");
        }
    }

    [Fact(Explicit = true)]
    public async Task a_sessions_standing()
    {
        var (shop, _) = await Shop.StartProcessesAsync();
        await using var running = shop;
        var fronts = new List<(string Name, ApiClient[] Customers)>();
        foreach (var seconds in (int[])[60, 5, 1, 0])
        {
            var (api, _) = await shop.StartApiProcessAsync(own: ("Auth__RecheckSeconds", $"{seconds}"));
            fronts.Add(
                ($"asked every {seconds} s", await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => api.AsNewCustomerAsync()))));
        }
        foreach (var (_, customers) in fronts)
            await RunAsync(customers, WarmUp);
        for (var round = 0; round < 3; round++)
        {
            foreach (var (name, customers) in fronts)
                output.WriteLine($"{name}: {await RunAsync(customers, Duration):F0} requests/s (GET /me/addresses, {Clients} customers)");
        }
    }

    private static async Task<double> MeasureAsync(JsonWebTokenHandler handler, string token, TokenValidationParameters parameters)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Checks; i++)
        {
            var result = await handler.ValidateTokenAsync(token, parameters);
            if (!result.IsValid || result.ClaimsIdentity.FindFirst("sub") is null)
                throw new InvalidOperationException("The token is no good.", result.Exception);
        }
        return watch.Elapsed.TotalMicroseconds / Checks;
    }

    private static async Task<double> RunAsync(ApiClient[] customers, TimeSpan duration)
    {
        var count = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(customers.Select(async customer =>
        {
            while (watch.Elapsed < duration)
            {
                if ((int)(await customer.GetAsync("/me/addresses")).Status == 200)
                    Interlocked.Increment(ref count);
            }
        }));
        return count / watch.Elapsed.TotalSeconds;
    }
}
