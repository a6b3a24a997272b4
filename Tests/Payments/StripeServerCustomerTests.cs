using System.Net;
using System.Net.Http.Headers;
using SoonShop.Tests.Running;
using Stripe;

namespace SoonShop.Tests.Payments;

/// <summary>Customers and their cards on the Stripe test server, and what customers do themselves.</summary>
public sealed class StripeServerCustomerTests : StripeServerTest
{
    private PaymentMethodService Methods => stripe.Client.V1.PaymentMethods;

    [Fact]
    public async Task customers_are_made_changed_found_and_deleted()
    {
        var customers = stripe.Client.V1.Customers;
        var customer = await customers.CreateAsync(
            new() { Email = "ada@example.com", Metadata = new() { ["user_id"] = "u-1" } }, cancellationToken: Cancellation);
        await customers.UpdateAsync(customer.Id, new() { Name = "Ada" }, cancellationToken: Cancellation);
        var found = Assert.Single(await customers.ListAsync(new() { Email = "ada@example.com" }, cancellationToken: Cancellation));
        Assert.Equal((customer.Id, "Ada", "u-1"), (found.Id, found.Name, found.Metadata["user_id"]));

        Assert.True((await customers.DeleteAsync(customer.Id, cancellationToken: Cancellation)).Deleted);

        Assert.True((await customers.GetAsync(customer.Id, cancellationToken: Cancellation)).Deleted);
        var refused = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync(configure: o => o.Customer = customer.Id));
        Assert.Equal("resource_missing", refused.StripeError.Code);
        await stripe.WebhooksAsync("customer.created", "customer.updated", "customer.deleted");
    }

    [Fact]
    public async Task a_card_is_kept_for_a_customer_who_wishes_and_pays_again()
    {
        var customer = await CustomerAsync();
        var first = await stripe.PayAsync(configure: o => (o.Customer, o.SetupFutureUsage) = (customer, "off_session"));
        await stripe.WebhooksAsync("payment_method.attached");
        var kept = Assert.Single(await stripe.Client.V1.Customers.PaymentMethods.ListAsync(customer, cancellationToken: Cancellation));
        Assert.Equal(first.PaymentMethodId, kept.Id);
        Assert.Equal(
            kept.Id,
            Assert.Single(await Methods.ListAsync(new() { Customer = customer, Type = "card" }, cancellationToken: Cancellation)).Id);

        Assert.Equal("succeeded", (await stripe.PayAsync(kept.Id, configure: o => (o.Customer, o.OffSession) = (customer, true))).Status);

        var nobody = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync(kept.Id));
        Assert.Equal(
            (400, "parameter_missing", "customer"), ((int)nobody.HttpStatusCode, nobody.StripeError.Code, nobody.StripeError.Param));
        var other = await CustomerAsync();
        var anothers = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync(kept.Id, configure: o => o.Customer = other));
        Assert.Equal("resource_missing", anothers.StripeError.Code);
    }

    [Fact]
    public async Task a_card_that_was_not_kept_pays_once()
    {
        var first = await stripe.PayAsync();
        var again = await Assert.ThrowsAsync<StripeException>(() => stripe.PayAsync(first.PaymentMethodId));
        Assert.Contains("may not be used again", again.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_card_is_attached_and_detached()
    {
        var customer = await CustomerAsync();
        var method = await Methods.AttachAsync("pm_card_mastercard", new() { Customer = customer }, cancellationToken: Cancellation);
        Assert.Equal((customer, "mastercard"), (method.CustomerId, method.Card.Brand));
        var other = await CustomerAsync();
        await Assert.ThrowsAsync<StripeException>(
            () => Methods.AttachAsync(method.Id, new() { Customer = other }, cancellationToken: Cancellation));
        var declined = await Assert.ThrowsAsync<StripeException>(
            () => Methods.AttachAsync("pm_card_visa_chargeDeclined", new() { Customer = customer }, cancellationToken: Cancellation));
        Assert.Equal(402, (int)declined.HttpStatusCode);

        Assert.Null((await Methods.DetachAsync(method.Id, cancellationToken: Cancellation)).CustomerId);

        await Assert.ThrowsAsync<StripeException>(
            () => Methods.AttachAsync(method.Id, new() { Customer = customer }, cancellationToken: Cancellation));
        Assert.Empty(await Methods.ListAsync(new() { Customer = customer }, cancellationToken: Cancellation));
        await stripe.WebhooksAsync("payment_method.attached", "payment_method.detached");
    }

    [Fact]
    public async Task a_card_that_wants_its_owner_is_declined_without()
    {
        var customer = await CustomerAsync();
        var method = await Methods.AttachAsync(
            "pm_card_authenticationRequired", new() { Customer = customer }, cancellationToken: Cancellation);
        var declined = await Assert.ThrowsAsync<StripeException>(
            () => stripe.PayAsync(method.Id, configure: o => (o.Customer, o.OffSession) = (customer, true)));
        Assert.Equal((402, "authentication_required"), ((int)declined.HttpStatusCode, declined.StripeError.Code));

        var setUp = await Methods.AttachAsync(
            "pm_card_authenticationRequiredOnSetup", new() { Customer = customer }, cancellationToken: Cancellation);
        var withOwner = await stripe.PayAsync(setUp.Id, configure: o => (o.Customer, o.SetupFutureUsage) = (customer, "off_session"));
        Assert.Equal("requires_action", withOwner.Status);
        stripe.Server.Authenticate(withOwner.Id);
        Assert.Equal("succeeded", (await stripe.PayAsync(setUp.Id, configure: o => (o.Customer, o.OffSession) = (customer, true))).Status);
    }

    [Fact]
    public async Task a_customer_confirms_with_the_publishable_key_and_the_intents_secret()
    {
        var intent = await stripe.Client.V1.PaymentIntents.CreateAsync(
            new() { Amount = 2000, Currency = "usd" }, cancellationToken: Cancellation);
        using var browser = new HttpClient { BaseAddress = stripe.Http.BaseAddress };
        browser.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stripe.Server.Options.PublishableKey);

        async Task<Reply> SendAsync(string path, string? form)
        {
            using var response = form is null
                ? await browser.GetAsync(new Uri(path, UriKind.Relative), Cancellation)
                : await browser.PostAsync(
                    new Uri(path, UriKind.Relative), new StringContent(form, new MediaTypeHeaderValue("application/x-www-form-urlencoded")),
                    Cancellation);
            return new Reply(response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation), []);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync($"/v1/payment_intents/{intent.Id}", null)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync($"/v1/payment_intents/{intent.Id}?client_secret=guessed", null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync($"/v1/payment_intents/{intent.Id}/cancel", "")).Status);
        var shown = await SendAsync($"/v1/payment_intents/{intent.Id}?client_secret={intent.ClientSecret}", null);
        Assert.Equal("requires_payment_method", shown.Text("status"));
        Assert.Null(shown["metadata"]);

        var confirmed = await SendAsync(
            $"/v1/payment_intents/{intent.Id}/confirm",
            $"client_secret={intent.ClientSecret}&payment_method=pm_card_visa&return_url=https://shop.example/done");

        Assert.Equal((HttpStatusCode.OK, "succeeded"), (confirmed.Status, confirmed.Text("status")));
    }

    [Theory]
    [InlineData(true, "succeeded", "succeeded")]
    [InlineData(false, "requires_payment_method", "failed")]
    public async Task a_customer_is_sent_to_the_bank_and_back(bool completes, string status, string redirectStatus)
    {
        var intent = await stripe.PayAsync(
            "pm_card_authenticationRequired", configure: o => o.ReturnUrl = "https://shop.example/done?order=1");
        Assert.Equal("redirect_to_url", intent.NextAction.Type);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var url = intent.NextAction.RedirectToUrl.Url;
        Assert.Contains("Complete", await browser.GetStringAsync(new Uri(url), Cancellation), StringComparison.Ordinal);
        using var forged = await browser.PostAsync(
            new Uri(url.Split('?')[0] + "?client_secret=guessed&completes=true"), null, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, forged.StatusCode);

        using var back = await browser.PostAsync(new Uri($"{url}&completes={completes}"), null, Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, back.StatusCode);
        Assert.Equal(
            $"https://shop.example/done?order=1&payment_intent={intent.Id}"
                + $"&payment_intent_client_secret={intent.ClientSecret}&redirect_status={redirectStatus}",
            back.Headers.Location!.ToString());
        Assert.Equal(status, (await stripe.Client.V1.PaymentIntents.GetAsync(intent.Id, cancellationToken: Cancellation)).Status);
    }

    private async Task<string> CustomerAsync() => (await stripe.Client.V1.Customers.CreateAsync(new(), cancellationToken: Cancellation)).Id;
}
