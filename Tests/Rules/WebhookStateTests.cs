using SoonShop.Notifications;

namespace SoonShop.Tests.Rules;

public sealed class WebhookStateTests
{
    private static readonly WebhookOptions Options = new() { DisableAfterFailures = 3, DisableAfterMinutes = 10 };
    private static readonly WebhookState Endpoint =
        WebhookState.Create(Given.Id(1), "https://example.com/hook", ["order.*"], null, Given.Now).Next();

    [Fact]
    public void each_endpoint_has_a_secret_of_its_own() => Assert.NotEqual(
        Endpoint.Secret, WebhookState.Create(Given.Id(1), "https://example.com/hook", ["order.*"], null, Given.Now).Next().Secret);

    [Theory]
    [InlineData("order.*", "order.shipped", true)]
    [InlineData("order.*", "payment.failed", false)]
    [InlineData("order.shipped", "order.shipped", true)]
    [InlineData("order.shipped", "order.delivered", false)]
    [InlineData("*", "payment.failed", true)]
    public void an_endpoint_gets_what_it_asked_for(string pattern, string type, bool wanted) =>
        Assert.Equal(
            wanted, WebhookState.Create(Given.Id(1), "https://example.com", [pattern], null, Given.Now).Next().ToView().Wants(type));

    [Theory]
    [InlineData("order.nonsense")]
    [InlineData("user.password-reset-requested")]
    [InlineData("user.password-*")]
    [InlineData("")]
    public void what_is_no_event_or_carries_a_token_cannot_be_asked_for(string pattern) =>
        Assert.Equal(
            ["eventTypes"], WebhookState.Create(Given.Id(1), "https://example.com", [pattern], null, Given.Now).Error!.Errors!.Keys);

    /// <summary>A pattern may match events that stay in the shop: those it does not open.</summary>
    [Theory]
    [InlineData("user.email-changed", true)]
    [InlineData("user.email-verification-requested", false)]
    [InlineData("user.email-change-requested", false)]
    [InlineData("user.email-change-confirmation-requested", false)]
    [InlineData("user.email-change-undo-offered", false)]
    public void what_carries_a_token_never_leaves(string type, bool leaves) => Assert.Equal(leaves, WebhookEvents.MayLeave(type));

    [Fact]
    public void all_that_is_wrong_is_named_at_once() =>
        Assert.Equal(
            ["url", "eventTypes"],
            WebhookState.Create(Given.Id(1), "x", [], ErrorText.Untranslated("is bad"), Given.Now).Error!.Errors!.Keys);

    [Fact]
    public void an_endpoint_that_fails_long_enough_is_switched_off()
    {
        var failing = Fail(Fail(Endpoint, 0), 1);

        Assert.True(Fail(failing, 9).ToView().Enabled);
        var off = Fail(failing, 10);
        Assert.Equal((false, 3, "down"), (off.ToView().Enabled, off.Failures, off.LastError));
        Assert.False(off.Fail("down", Options, Given.Now.AddMinutes(20)).Changed);
        Assert.Equal((true, 0), (off.Enable().Next().ToView().Enabled, off.Enable().State.Failures));
    }

    [Fact]
    public void a_post_that_arrives_begins_the_count_anew()
    {
        var recovered = Fail(Fail(Endpoint, 0), 1).Succeed().Next();

        Assert.True(Fail(recovered, 60).ToView().Enabled);
        Assert.False(Endpoint.Succeed().Changed);
    }

    private static WebhookState Fail(WebhookState state, int minutes) => state.Fail("down", Options, Given.Now.AddMinutes(minutes)).Next();
}
