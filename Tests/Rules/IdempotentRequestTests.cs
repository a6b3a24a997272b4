using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Users;

namespace SoonShop.Tests.Rules;

public sealed class IdempotentRequestTests
{
    private const string Body = """{"email":"ada@example.com","password":"a window in Lisbon"}""";
    private static readonly byte[] First = [.. Enumerable.Repeat((byte)1, 32)];
    private static readonly byte[] Second = [.. Enumerable.Repeat((byte)2, 32)];
    private static readonly SecrecyRule InBody = new(true);

    [Fact]
    public async Task a_body_with_a_secret_has_a_fingerprint_that_only_the_servers_secret_makes()
    {
        var plain = await ReadAsync(null);
        var idempotentRequest = await ReadAsync(InBody, First);
        Assert.NotEqual(plain.Fingerprint, idempotentRequest.Fingerprint);
        Assert.NotEqual(idempotentRequest.Fingerprint, (await ReadAsync(InBody, Second)).Fingerprint);
        Assert.Equal(idempotentRequest.Fingerprint, (await ReadAsync(InBody, First, Second)).Fingerprint);
        Assert.Equal(plain.Id, idempotentRequest.Id);
    }

    [Fact]
    public async Task what_was_kept_under_another_key_or_by_the_version_before_is_known_again()
    {
        var plain = await ReadAsync(null);
        var earlier = await ReadAsync(InBody, Second);
        var request = await ReadAsync(InBody, First, Second);
        Assert.True(request.TryNextFingerprint());
        Assert.Equal(earlier.Fingerprint, request.Fingerprint);
        Assert.True(request.TryNextFingerprint());
        Assert.Equal(plain.Fingerprint, request.Fingerprint);
        Assert.False(request.TryNextFingerprint());
        Assert.Equal((await ReadAsync(InBody, First)).Fingerprint, request.Fingerprint);

        var answer = Encoding.UTF8.GetBytes("""{"refreshToken":"secret"}""");
        Assert.Equal(answer, request.Unseal(plain.Seal(answer)));
        Assert.Equal(answer, request.Unseal(earlier.Seal(answer)));
        Assert.Equal(answer, request.Unseal(request.Seal(answer)));
    }

    [Fact]
    public async Task a_sealed_answer_opens_for_nobody_without_the_servers_secret()
    {
        var answer = (await ReadAsync(new SecrecyRule(false), First)).Seal([1, 2, 3]);
        var plain = await ReadAsync(null);
        Assert.Throws<AuthenticationTagMismatchException>(() => plain.Unseal(answer));
    }

    [Fact]
    public async Task where_only_the_answer_holds_a_secret_the_fingerprint_is_as_ever() =>
        Assert.Equal((await ReadAsync(null)).Fingerprint, (await ReadAsync(new SecrecyRule(false), First)).Fingerprint);

    [Fact]
    public async Task ids_and_fingerprints_are_those_that_other_versions_make()
    {
        const string Where = "POST /api/v1/auth/login";
        var request = await ReadAsync(null);
        Assert.Equal(Digest(Encoding.UTF8.GetBytes($"3:ip/{Where.Length}:{Where}a key")), request.Id);
        var body = SHA256.HashData(Encoding.UTF8.GetBytes(Body));
        Assert.Equal(Digest([.. Encoding.UTF8.GetBytes($"{Where.Length}:{Where}0:"), .. body]), request.Fingerprint);

        static string Digest(params ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    [Fact]
    public async Task a_body_in_memory_is_read_as_one_that_is_not()
    {
        var bytes = Encoding.UTF8.GetBytes(Body);
        var hidden = await ReadAsync(null);
        var visible = await ReadAsync(new MemoryStream(bytes, 0, bytes.Length, false, publiclyVisible: true), null);
        Assert.Equal((hidden.Id, hidden.Fingerprint), (visible.Id, visible.Fingerprint));
        Assert.Equal([1, 2, 3], visible.Unseal(hidden.Seal([1, 2, 3])));
    }

    [Fact]
    public void each_private_key_gives_a_secret_that_follows_from_it_and_a_public_one_gives_none()
    {
        var (one, other) = (KeySet.NewPem(), KeySet.NewPem());
        var both = KeySet.Parse(one + other).Secrets;
        Assert.Equal(2, both.Length);
        Assert.Equal(both[0], KeySet.Parse(one).Secrets.Single());
        Assert.NotEqual(both[0], both[1]);
        // Of a key that is only verified by, nothing follows, and the signing key's secret is the first wherever its block stands.
        using var key = ECDsa.Create();
        key.ImportFromPem(other);
        Assert.Equal(both[0], KeySet.Parse(key.ExportSubjectPublicKeyInfoPem() + "\n" + one).Secrets.Single());
    }

    private static Task<IdempotentRequest> ReadAsync(SecrecyRule? secrecy, params byte[][] secrets) =>
        ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(Body)), secrecy, secrets);

    private static Task<IdempotentRequest> ReadAsync(MemoryStream body, SecrecyRule? secrecy, params byte[][] secrets)
    {
        var context = new DefaultHttpContext();
        (context.Request.Method, context.Request.Path) = ("POST", "/api/v1/auth/login");
        context.Request.Body = body;
        return IdempotentRequest.ReadAsync(context, "a key", secrecy, [.. secrets]).AsTask();
    }
}
