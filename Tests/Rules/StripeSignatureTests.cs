using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Rules;

public sealed class StripeSignatureTests
{
    private const string Secret = "whsec_first0001", Other = "whsec_second002";
    private static readonly byte[] Body = """{"id":"evt_1"}"""u8.ToArray();
    private static readonly long Now = Given.Now.ToUnixTimeSeconds();

    /// <summary>
    /// A header, and whether it is taken. {s}, {o} and {x} stand for the right signature under our secret, under the other, and under none
    /// of them.
    /// </summary>
    [Theory]
    [InlineData("t={t},v1={s}", true)]
    [InlineData("t={t}, v1={s}", true)]
    [InlineData("v1={s},t={t}", true)]
    [InlineData("t={t},v1={s},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39", true)]
    [InlineData("t={t},v1={x},v1={s}", true)]
    [InlineData("t={t},v1={o}", true)]
    [InlineData("t={t},v1={x},v1={o}", true)]
    [InlineData("t={t},v1={S}", true)]
    [InlineData("t={t},future=1,v1={s},v2=abc", true)]
    [InlineData("t={t},v1={x}", false)]
    [InlineData("t={t},v0={s}", false)]
    [InlineData("t={t}", false)]
    [InlineData("v1={s}", false)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData("t=,v1={s}", false)]
    [InlineData("t=-{t},v1={s}", false)]
    [InlineData("t={t}.0,v1={s}", false)]
    [InlineData("t={t},t={t},v1={s}", false)]
    [InlineData("t=99999999999999999999,v1={s}", false)]
    [InlineData("t=9223372036854775807,v1={s}", false)]
    [InlineData("t={t},v1=", false)]
    [InlineData("t={t},v1={s}00", false)]
    [InlineData("t={t},v1=zz", false)]
    [InlineData("t={t};v1={s}", false)]
    [InlineData("nonsense", false)]
    [InlineData(",,,=,=", false)]
    public void a_header_is_taken_or_not(string header, bool taken) => Assert.Equal(taken, Problem(Fill(header, Now)) is null);

    [Theory]
    [InlineData(0, true)]
    [InlineData(299, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    [InlineData(86_400, false)]
    public void what_is_too_old_or_too_far_ahead_is_not_taken(int ageSeconds, bool taken) =>
        Assert.Equal(taken, Problem(Fill("t={t},v1={s}", Now - ageSeconds)) is null);

    [Fact]
    public void another_body_does_not_fit()
    {
        var header = Fill("t={t},v1={s}", Now);
        for (var i = 0; i < Body.Length; i++)
        {
            var forged = Body.ToArray();
            forged[i] ^= 1;
            Assert.NotNull(Problem(header, forged));
        }
        Assert.NotNull(Problem(header, []));
        Assert.NotNull(Problem(header, [.. Body, (byte)' ']));
    }

    [Fact]
    public void another_time_than_the_signed_one_does_not_fit() =>
        Assert.NotNull(Problem(Fill("t={t},v1={s}", Now).Replace($"t={Now}", $"t={Now + 1}", StringComparison.Ordinal)));

    [Fact]
    public void an_empty_body_and_a_large_one_can_be_signed()
    {
        foreach (var body in (byte[][])[[], RandomNumberGenerator.GetBytes(1024 * 1024)])
            Assert.Null(Problem(Fill("t={t},v1={s}", Now, body), body));
    }

    [Fact]
    public void a_header_beyond_measure_is_not_read() =>
        Assert.NotNull(Problem(Fill("t={t},v1={s}", Now) + string.Concat(Enumerable.Repeat(",v1=" + new string('0', 64), 10_000))));

    private static ErrorText? Problem(string header, byte[]? body = null) =>
        new StripeSignature([Secret, Other], TimeSpan.FromSeconds(300)).ProblemWith(body ?? Body, header, Given.Now);

    private static string Fill(string header, long time, byte[]? body = null) => header
        .Replace("{t}", time.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{s}", Sign(Secret, time, body ?? Body), StringComparison.Ordinal)
        .Replace("{S}", Sign(Secret, time, body ?? Body).ToUpperInvariant(), StringComparison.Ordinal)
        .Replace("{o}", Sign(Other, time, body ?? Body), StringComparison.Ordinal)
        .Replace("{x}", Sign("whsec_somebody0", time, body ?? Body), StringComparison.Ordinal);

    private static string Sign(string secret, long time, byte[] body) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.ASCII.GetBytes($"{time}."), .. body]));
}
