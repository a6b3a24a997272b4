using System.Globalization;
using System.Text;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>What answers must look like.</summary>
internal static class Expect
{
    /// <summary>An item has these units on hand, and these of them are reserved.</summary>
    public static async Task StockAsync(ApiClient admin, string sku, int onHand, int reserved)
    {
        var stock = await admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((onHand, reserved), (stock.Number("onHand"), stock.Number("reserved")));
    }

    /// <summary>The answer has this status; the message shows the body.</summary>
    public static Reply Status(int status, Reply reply)
    {
        Assert.True(status == (int)reply.Status, $"Wanted {status}, got {(int)reply.Status}: {reply.Body}");
        return reply;
    }

    /// <summary>The answer is this problem, and names this field.</summary>
    public static Reply Problem(int status, string code, Reply reply, string? field = null)
    {
        Status(status, reply);
        Assert.True(code == reply.Code, $"Wanted {code}: {reply.Body}");
        Assert.Null(Flaw(reply));
        if (field is not null)
            Assert.True(Fields(reply).Contains(field), $"errors does not name {field}: {reply.Body}");
        return reply;
    }

    /// <summary>400 for a field.</summary>
    public static Reply Invalid(string field, Reply reply) => Problem(400, "validation-failed", reply, field);

    /// <summary>The fields that a problem names.</summary>
    public static string[] Fields(Reply reply) => reply.Json?["errors"] is { } errors ? [.. errors.AsObject().Select(e => e.Key)] : [];

    /// <summary>What is wrong with a problem's form; null when nothing is.</summary>
    public static string? Flaw(Reply reply)
    {
        var status = (int)reply.Status;
        if (!reply.Headers.TryGetValue("Content-Type", out var type)
            || !type.StartsWith("application/problem+json", StringComparison.Ordinal))
            return $"Content-Type is {type ?? "missing"}";
        foreach (var member in (string[])["type", "title", "status", "detail", "instance", "traceId"])
        {
            if (reply.Json?[member] is null && !(member == "detail" && reply.Code is not "validation-failed"))
                return $"no {member}";
        }
        if (reply.Code is null)
            return $"type is {reply.Text("type")}";
        if (reply.Number("status") != status)
            return $"status is {reply.Text("status")} in the body";
        if (reply.Body.Contains("   at ", StringComparison.Ordinal) || reply.Body.Contains("Exception", StringComparison.Ordinal))
            return "it shows a stack trace";
        return null;
    }
}

/// <summary>What tests of the API make up.</summary>
internal static class Make
{
    /// <summary>An e-mail address that no other test has.</summary>
    public static string Email() => $"{Guid.NewGuid():N}@example.com";

    /// <summary>A word that no other test has, of letters only.</summary>
    public static string Word(int length = 12) =>
        string.Concat(
            Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).Take(length).Select(b => "bcdfghjklmnpqrtvwxz"[b % 19]));

    /// <summary>A SKU that no other test has.</summary>
    public static string Sku() => Word(10).ToUpperInvariant();

    /// <summary>A body that is sent as it is written.</summary>
    public static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    /// <summary>A number as code writes it.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Somebody with an account.</summary>
internal sealed record Customer(ApiClient Api, string Id, string Email, string Password, string RefreshToken)
{
    private const string FirstPassword = "correct horse";

    /// <summary>A new account, signed in.</summary>
    public static async Task<Customer> RegisterAsync(ApiClient api)
    {
        var email = Make.Email();
        var reply = Expect.Status(201, await api.PostAsync("/auth/register", new { email, password = FirstPassword }));
        return Of(api, email, FirstPassword, reply);
    }

    /// <summary>A new account with the role admin, signed in.</summary>
    public static async Task<Customer> RegisterAdminAsync(RunningShop shop)
    {
        var customer = await RegisterAsync(shop.Api);
        Expect.Status(200, await shop.Admin.PutAsync($"/admin/users/{customer.Id}/roles", new { roles = new[] { "admin" } }));
        return await customer.LoginAsync();
    }

    /// <summary>The same account in another session.</summary>
    public async Task<Customer> LoginAsync(string? password = null, string? cartId = null)
    {
        var reply = await Api.PostAsync("/auth/login", new { email = Email, password = password ?? Password, cartId });
        return Of(Api, Email, password ?? Password, Expect.Status(200, reply));
    }

    /// <summary>The token of the newest event of a type that was mailed to this customer; waits for it.</summary>
    public async Task<string> MailedTokenAsync(RunningShop shop, string eventType)
    {
        var token = "";
        await Until.TrueAsync($"{eventType} for {Email}", TimeSpan.FromSeconds(60), async () => (token = await shop.Shop.QueryAsync<string>(
            "select coalesce((select data->>'token' from event where type = $1 and data->>'email' = $2 order by position desc limit 1), "
                + "'')",
            eventType, Email)).Length > 0);
        return token;
    }

    private static Customer Of(ApiClient api, string email, string password, Reply reply) => new(
        api with { AccessToken = reply.Text("accessToken"), CartId = null }, reply.Text("user.id"), email, password,
        reply.Text("refreshToken"));
}
