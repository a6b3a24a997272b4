using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using SoonShop.Payments;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Rules;

public sealed class StripeWebhooksTests
{
    private const string Secret = "whsec_first0001";

    [Theory]
    [InlineData("payment_intent.succeeded", ProviderPaymentStatus.Captured)]
    [InlineData("payment_intent.payment_failed", ProviderPaymentStatus.Declined)]
    [InlineData("payment_intent.canceled", ProviderPaymentStatus.Cancelled)]
    [InlineData("payment_intent.amount_capturable_updated", ProviderPaymentStatus.Authorized)]
    [InlineData("payment_intent.processing", ProviderPaymentStatus.Processing)]
    [InlineData("payment_intent.requires_action", ProviderPaymentStatus.RequiresAction)]
    public void a_payment_is_told_of_by_its_status(string type, ProviderPaymentStatus status)
    {
        var update = News(
            type,
            """{"id":"pi_1","object":"payment_intent","amount":2500,"currency":"usd","metadata":"""
                + $$"""{"order_id":"{{Given.OrderId}}","soonshop_key":"{{Given.OrderId:N}}/attempt/1"} }""");

        Assert.Equal(("evt_1", type, "pi_1", Given.OrderId, status),
            (update!.UpdateId, update.Kind, update.Reference, update.OrderId, update.Status));
        Assert.Equal((null, null, null), (update.RefundedInAll, update.Refund, update.Dispute));
    }

    [Fact]
    public void a_refunded_charge_tells_how_much() => Assert.Equal(300, News("charge.refunded",
        """{"id":"ch_1","payment_intent":"pi_1","amount":2500,"amount_captured":2500,"amount_refunded":300,"currency":"usd"}""")!
            .RefundedInAll);

    [Fact]
    public void what_a_partial_capture_let_go_was_never_taken() => Assert.Equal(300, News("charge.refunded",
        """{"id":"ch_1","payment_intent":"pi_1","amount":2500,"amount_captured":1000,"amount_refunded":1800,"currency":"usd"}""")!
            .RefundedInAll);

    [Theory]
    [InlineData("refund.created", "pending", ProviderRefundStatus.Pending)]
    [InlineData("refund.updated", "succeeded", ProviderRefundStatus.Succeeded)]
    [InlineData("refund.failed", "failed", ProviderRefundStatus.Failed)]
    [InlineData("charge.refund.updated", "canceled", ProviderRefundStatus.Failed)]
    public void a_refund_is_told_of_by_its_payment(string type, string word, ProviderRefundStatus status)
    {
        var update = News(
            type, $$"""{"id":"re_1","payment_intent":"pi_1","amount":300,"currency":"usd","status":"{{word}}","metadata":{} }""");

        Assert.Equal(("pi_1", null), (update!.Reference, update.OrderId));
        Assert.Equal(new ProviderRefund("re_1", status, 300), update.Refund);
    }

    [Theory]
    [InlineData("needs_response", DisputeStatus.Open)]
    [InlineData("under_review", DisputeStatus.Open)]
    [InlineData("won", DisputeStatus.Won)]
    [InlineData("lost", DisputeStatus.Lost)]
    [InlineData("warning_closed", DisputeStatus.Won)]
    [InlineData("a word of tomorrow", DisputeStatus.Open)]
    public void a_dispute_is_told_of_by_its_payment(string word, DisputeStatus status) => Assert.Equal(
        new ProviderDispute("du_1", status, 2500, ""),
        News(
            "charge.dispute.closed",
            """{"id":"du_1","payment_intent":{"id":"pi_1","object":"payment_intent"},"amount":"""
                + $$"""2500,"currency":"usd","status":"{{word}}"}""")!.Dispute);

    [Theory]
    [InlineData("isk", 2500, 25)]
    [InlineData("jpy", 2500, 2500)]
    [InlineData("kwd", 2500, 2500)]
    public void amounts_are_minor_units_of_the_currency(string currency, long theirs, long ours) => Assert.Equal(ours,
        News(
            "refund.created",
            $$"""{"id":"re_1","payment_intent":"pi_1","amount":{{theirs}},"currency":"{{currency}}","status":"pending"}""")!
            .Refund!.Amount);

    [Theory]
    [InlineData("customer.created", """{"id":"cus_1"}""")]
    [InlineData("something.of.tomorrow", """{"id":"x_1","payment_intent":"pi_1"}""")]
    [InlineData("charge.refunded", """{"id":"ch_1","payment_intent":null,"amount_refunded":1,"currency":"usd"}""")]
    [InlineData("refund.created", """{"id":"re_1"}""")]
    public void what_tells_the_shop_nothing_is_taken_and_left(string type, string o)
    {
        var reading = Read(Event(type, o));

        Assert.Equal((null, null), (reading.Update, reading.Error));
    }

    [Theory]
    [InlineData("\"somebody else's\"")]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void a_payment_of_somebody_else_names_no_order(string order) =>
        Assert.Null(News("payment_intent.succeeded", $$"""{"id":"pi_1","metadata":{"order_id":{{order}} } }""")!.OrderId);

    /// <summary>Others write order ids beside their payments too.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(""","soonshop_key":"another/attempt/1" """)]
    public void an_order_without_our_key_is_not_ours(string more) =>
        Assert.Null(News("payment_intent.succeeded", $$"""{"id":"pi_1","metadata":{"order_id":"{{Given.OrderId}}"{{more}}} }""")!.OrderId);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"id":1,"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}""")]
    [InlineData("""{"id":"","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}""")]
    [InlineData("""{"id":"evt_1","type":null,"data":{"object":{"id":"pi_1"}}}""")]
    [InlineData("""{"id":"evt_1","type":"payment_intent.succeeded"}""")]
    [InlineData("""{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":null}}""")]
    [InlineData("""{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":null}}}""")]
    [InlineData(
        """{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","metadata":"""
            + """{"order_id":1,"soonshop_key":"1/attempt/1"}}}}""")]
    [InlineData("""{"id":"evt\u00001","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}""")]
    [InlineData("""{"id":"\ud800","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}""")]
    [InlineData(
        """{"id":"evt_1","type":"charge.refunded","data":"""
            + """{"object":{"id":"ch_1","payment_intent":"pi_1","amount_refunded":"much","currency":"usd"}}}""")]
    public void what_is_no_event_is_refused_however_well_signed(string body) =>
        Assert.Equal(ErrorCode.ValidationFailed, Read(body).Error?.Code);

    [Fact]
    public void bytes_that_are_no_text_are_refused()
    {
        var body = Encoding.UTF8.GetBytes(Event("payment_intent.succeeded", """{"id":"pi_?"}"""));
        body[Array.IndexOf(body, (byte)'?')] = 0xFF;
        Assert.NotNull(Read(body).Error);
    }

    [Fact]
    public void depth_is_bounded() => Assert.NotNull(Read(string.Concat(Enumerable.Repeat("[", 100_000))).Error);

    [Fact]
    public void a_forged_one_says_nothing_of_what_it_holds()
    {
        var body = Encoding.UTF8.GetBytes(Event("payment_intent.succeeded", """{"id":"pi_1"}"""));
        var reading = Webhooks.Read(Signed(body, $"t={Given.Now.ToUnixTimeSeconds()},v1={new string('0', 64)}"));

        Assert.Null(reading.Update);
        Assert.Equal("Stripe-Signature", Assert.Single(reading.Error!.Errors!).Key);
    }

    private static ProviderWebhook Signed(byte[] body, string signature) =>
        new("stripe", body, new Dictionary<string, string> { ["stripe-signature"] = signature });

    private static StripeWebhooks Webhooks => new(new StripeSignature([Secret], TimeSpan.FromMinutes(5)), new FakeTimeProvider(Given.Now));

    private static PaymentUpdate? News(string type, string o)
    {
        var reading = Read(Event(type, o));
        Assert.Null(reading.Error);
        return reading.Update;
    }

    private static string Event(string type, string o) =>
        $$"""{"id":"evt_1","object":"event","api_version":"2031-01-01.next","type":"{{type}}","created":1,"unheard_of":[{}],"data":"""
            + $$"""{"object":{{o}} } }""";

    private static WebhookParseResult Read(string body) => Read(Encoding.UTF8.GetBytes(body));

    private static WebhookParseResult Read(byte[] body)
    {
        var time = Given.Now.ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), (byte[])[.. Encoding.ASCII.GetBytes($"{time}."), .. body]);
        return Webhooks.Read(Signed(body, $"t={time},v1={Convert.ToHexStringLower(signature)}"));
    }
}
