using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>The log of attempts, and what administrators post by hand.</summary>
[Collection(nameof(MailingShop))]
public sealed class WebhookDeliveryTests(MailingShop shop)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task attempts_are_listed_until_the_event_is_delivered_and_an_event_can_be_posted_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = async (count, context) =>
        {
            if (count > 1)
                return 204;
            context.Response.StatusCode = 503;
            await context.Response.WriteAsync("closed for lunch", TestContext.Current.CancellationToken);
            return 503;
        };
        var id = await AddAsync(receiver.Url, "order.confirmed");
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Status(201, await guest.OrderAsync());

        var attempts = await AttemptsAsync(id, "", 2);
        Assert.Equal([true, false], attempts.Select(a => a["succeeded"]!.GetValue<bool>()));
        Assert.Equal([2, 1], attempts.Select(a => a["attempt"]!.GetValue<int>()));
        Assert.Equal([204, 503], attempts.Select(a => a["statusCode"]!.GetValue<int>()));
        Assert.Equal("closed for lunch", attempts[1]["response"]!.GetValue<string>());
        Assert.Equal("The endpoint answered 503 Service Unavailable.", attempts[1]["error"]!.GetValue<string>());
        Assert.Null(attempts[0]["error"]);
        Assert.All(attempts, a => Assert.Equal("order.confirmed", a["eventType"]!.GetValue<string>()));
        Assert.Equal(2, Single(await AttemptsAsync(id, "?succeeded=true", 1))["attempt"]!.GetValue<int>());
        Assert.Equal(1, Single(await AttemptsAsync(id, "?succeeded=false", 1))["attempt"]!.GetValue<int>());
        var first = Expect.Status(200, await shop.Admin.GetAsync($"/admin/webhooks/{id}/deliveries?limit=1"));
        var next = Expect.Status(
            200, await shop.Admin.GetAsync($"/admin/webhooks/{id}/deliveries?limit=1&cursor={first.Text("nextCursor")}"));
        Assert.Equal(1, next.Number("items.0.attempt"));
        Assert.Null(next["nextCursor"]);

        var eventId = attempts[0]["eventId"]!.GetValue<string>();
        var again = Expect.Status(202, await shop.Admin.PostAsync($"/admin/webhooks/{id}/resend", new { eventId }));
        Assert.Equal(eventId, again.Text("eventId"));
        await AttemptsAsync(id, $"?eventId={Uri.EscapeDataString(eventId)}", 3);
        Assert.Equal(3, receiver.Posts.Count);
        Assert.True(JsonNode.DeepEquals(receiver.Posts.First().Event["data"], receiver.Posts.Last().Event["data"]));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{id}"));
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"/admin/webhooks/{id}/deliveries"));
    }

    [Fact]
    public async Task a_test_event_reaches_an_endpoint_that_wants_other_events()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var id = await AddAsync(receiver.Url, "pricing.*");
        var test = Expect.Status(202, await shop.Admin.PostAsync($"/admin/webhooks/{id}/test"));
        Assert.Equal(test.Text("eventId"), Single(await AttemptsAsync(id, "", 1))["eventId"]!.GetValue<string>());
        var posted = Assert.Single(receiver.Posts).Event;
        Assert.Equal(("webhook.test", id), (posted["type"]!.GetValue<string>(), posted["data"]!["endpointId"]!.GetValue<string>()));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{id}"));
    }

    [Fact]
    public async Task only_what_the_endpoint_receives_is_posted_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var id = await AddAsync(receiver.Url, "pricing.*");
        var customer = await Customer.RegisterAsync(shop.Api);
        var userId = (await customer.Api.GetAsync("/me")).Text("id").Replace("-", "", StringComparison.Ordinal);
        foreach (var eventId in (string[])[$"/user/{userId}#1", "/order/00#1", "no event"])
            Expect.Problem(404, "not-found", await shop.Admin.PostAsync($"/admin/webhooks/{id}/resend", new { eventId }));
        Expect.Invalid("eventId", await shop.Admin.PostAsync($"/admin/webhooks/{id}/resend", new { }));
        Expect.Invalid("eventId", await shop.Admin.PostAsync($"/admin/webhooks/{id}/resend", new { eventId = "two\nlines" }));
        Expect.Invalid("cursor", await shop.Admin.GetAsync($"/admin/webhooks/{id}/deliveries?cursor=x"));
        Expect.Invalid("succeeded", await shop.Admin.GetAsync($"/admin/webhooks/{id}/deliveries?succeeded=perhaps"));
        Expect.Problem(404, "not-found", await shop.Admin.PostAsync($"/admin/webhooks/{Guid.NewGuid()}/test"));
        Assert.Empty(receiver.Posts);
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{id}"));
    }

    private async Task<string> AddAsync(string url, string eventType) =>
        Expect.Status(201, await shop.Admin.PostAsync("/admin/webhooks", new { url, eventTypes = new[] { eventType } })).Text("id");

    private async Task<JsonNode[]> AttemptsAsync(string id, string query, int count)
    {
        JsonNode[] attempts = [];
        await Until.TrueAsync($"{count} attempts are listed", Soon, async () =>
            (attempts =
            [
                .. Expect.Status(200, await shop.Admin.GetAsync($"/admin/webhooks/{id}/deliveries{query}"))["items"]!.AsArray()!,
            ]).Length >= count);
        Assert.Equal(count, attempts.Length);
        return attempts;
    }

    private static JsonNode Single(JsonNode[] attempts) => Assert.Single(attempts);
}
