using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>What the database keeps of keyed requests whose body holds a secret.</summary>
[Collection(nameof(RunningShop))]
public sealed class StoredSecretTests(RunningShop shop)
{
    private const string Password = "a window in Lisbon";

    [Fact]
    public async Task no_keyed_request_with_a_secret_leaves_a_digest_that_a_guess_could_be_held_against()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var registered = await SendAsync(shop.Api, "/auth/register", new { email, password = Password });
        Expect.Status(201, registered);
        var customer = shop.Api with { AccessToken = registered.Text("accessToken") };
        var tried = new HashSet<string> { "/auth/register" };
        foreach (var (path, body) in new (string, object)[]
        {
            ("/auth/login", new { email, password = Password }),
            ("/me/password", new { currentPassword = Password, newPassword = Password + "!" }),
            ("/auth/refresh", new { refreshToken = registered.Text("refreshToken") }),
            ("/auth/logout", new { refreshToken = registered.Text("refreshToken") }),
            ("/auth/password/reset", new { token = $"{Guid.NewGuid():N}.none", password = Password }),
            ("/auth/email/verify", new { token = $"{Guid.NewGuid():N}.none" }),
            ("/me/email", new { newEmail = $"{Guid.NewGuid():N}@example.com", currentPassword = Password }),
            ("/auth/email/change/confirm", new { token = $"{Guid.NewGuid():N}.none" }),
            ("/auth/email/change/undo", new { token = $"{Guid.NewGuid():N}.none" }),
        })
        {
            tried.Add(path);
            var again = (await SendAsync(customer, path, body)).Status;
            Assert.True((int)again < 500, $"{path}: {again}");
        }
        Assert.Equal(SecretOperations(await shop.Api.GetAsync("//openapi/v1.json")).Order(), tried.Order());
    }

    private async Task<Reply> SendAsync(ApiClient client, string path, object body)
    {
        var text = JsonContent.Create(body);
        var bytes = await text.ReadAsByteArrayAsync();
        var reply = await client.PostAsync(path, text, Guid.NewGuid().ToString());
        var where = $"POST /api/v1{path}";
        // As the version before made it.
        var digest = Convert.ToHexStringLower(
            SHA256.HashData([.. Encoding.UTF8.GetBytes($"{where.Length}:{where}0:"), .. SHA256.HashData(bytes)]));
        Assert.Equal(0, await shop.Shop.QueryAsync<long>(
            "select count(*) from grain_state where state is not null and position(convert_to($1, 'UTF8') in state) > 0", digest));
        return reply;
    }

    /// <summary>The paths of the POSTs whose body has a member that sounds like a secret.</summary>
    private static IEnumerable<string> SecretOperations(Reply document)
    {
        var schemas = document["components"]!["schemas"]!.AsObject();
        foreach (var (path, item) in document["paths"]!.AsObject())
        {
            if (item!["post"]?["requestBody"]?["content"]?["application/json"]?["schema"] is not { } schema)
                continue;
            var members =
                (schema["$ref"]?.GetValue<string>().Split('/')[^1] is { } name ? schemas[name] : schema)?["properties"]?.AsObject();
            if (members is not null && members.Any(m => Regex.IsMatch(m.Key, "password|token|secret", RegexOptions.IgnoreCase)))
                yield return path.Replace("/api/v1", "", StringComparison.Ordinal);
        }
    }
}
