using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.Tests.Operations;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("Host=db;Username=soonshop;Password=hunter2;Timeout=5", "Host=db;Username=soonshop;Password=[redacted];Timeout=5")]
    [InlineData("{ \"password\": \"correct horse\", \"locale\": \"en\" }", "{ \"password\": [redacted], \"locale\": \"en\" }")]
    [InlineData("GET /reset?token=9f86d081884c7d65&x=1", "GET /reset?token=[redacted]&x=1")]
    [InlineData("Authorization: Bearer abc.def-123456", "Authorization: [redacted]")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl is expired", "[redacted] is expired")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0. is unsigned", "[redacted] is unsigned")]
    [InlineData("key sk_live_51HabcdEFGH was refused", "key [redacted] was refused")]
    [InlineData("sk_soonshop_0123456789abcdef_secretCHECK", "[redacted]")]
    [InlineData("whsec_Abc/def+123= does not fit", "[redacted] does not fit")]
    [InlineData("pi_3Abc_secret_Xyz123", "pi_3Abc[redacted]")]
    [InlineData("0123456789abcdef0123456789abcdef.fedcba9876543210fedcba9876543210.Qm9vbS1ib29tLWJvb20", "[redacted]")]
    [InlineData("0123456789abcdef0123456789abcdef.Qm9vbS1ib29tLWJvb20", "[redacted]")]
    [InlineData("email/ada.lovelace+shop@example.co.uk is locked", "email/[e-mail] is locked")]
    [InlineData("?email=ada%40example.com&x", "?email=[e-mail]&x")]
    [InlineData("card 4242 4242 4242 4242 declined", "card [card] declined")]
    [InlineData("card 378282246310005 declined", "card [card] declined")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\nrest", "[redacted]\nrest")]
    [InlineData(
        "body {\\\"password\\\":\\\"x y\\\",\\\"locale\\\":\\\"en\\\"}", "body {\\\"password\\\":[redacted],\\\"locale\\\":\\\"en\\\"}")]
    [InlineData("{\\\"password\\\":\\\"x\\\\\\\"word\\\"}", "{\\\"password\\\":[redacted]}")]
    [InlineData("{\"password\":\"pass\\\"word\",\"locale\":\"en\"}", "{\"password\":[redacted],\"locale\":\"en\"}")]
    [InlineData("{\"password\":\"correct horse", "{\"password\":[redacted]")]
    [InlineData("RegisterUser { Password = correct horse, Admin = False }", "RegisterUser { Password = [redacted], Admin = False }")]
    [InlineData("Reset { Token = a b }", "Reset { Token = [redacted] }")]
    [InlineData("Cookie: a=1; b=2\nHost: shop", "Cookie: [redacted]\nHost: shop")]
    [InlineData("{\"cookie\":\"a=1; b=2\",\"x\":1}", "{\"cookie\":[redacted],\"x\":1}")]
    [InlineData("amqp://shop:hunter2@queue:5672/x", "amqp://shop:[redacted]@queue:5672/x")]
    [InlineData("https://shop:hunt@er2@shop.example/x", "https://shop:[redacted]@shop.example/x")]
    [InlineData("GET https://shop.example:8080/x", "GET https://shop.example:8080/x")]
    [InlineData("cart/0123456789abcdef0123456789abcdef", "cart/3eb1bd439947")]
    [InlineData("/carts/01234567-89AB-cdef-0123-456789abcdef/lines", "/carts/3eb1bd439947/lines")]
    public void secrets_and_personal_data_are_taken_out(string text, string expected) => Assert.Equal(expected, Redaction.Of(text));

    [Theory]
    [InlineData("Order 5f0e7c9a-8d4b-4b8e-9d55-1f6a2f0c1b2d is confirmed, total 4242 USD at 2026-03-01T09:30:00.0000000Z.")]
    [InlineData("trace 4bf92f3577b34da6a3ce929d0e0e4736, span 00f067aa0ba902b7")]
    [InlineData("Silo S127.0.0.1:11111:142857142 is dead; gateway 127.0.0.1:30000")]
    [InlineData("order/0123456789abcdef0123456789abcdef#12 at position 1234567890123456")]
    [InlineData("customers cannot reset passwords. Set Notifications__Email__Mode to Smtp.")]
    [InlineData("SoonShop.Orders.OrderGrain+<PlaceAsync>d__12 in OrderGrain.cs:line 77")]
    [InlineData("")]
    public void all_else_stays_as_it_is(string text) => Assert.Same(text, Redaction.Of(text));

    [Fact]
    public void long_texts_cost_little()
    {
        var text = string.Concat(Enumerable.Repeat("a.b-c_d@e", 1000));
        Assert.InRange(Redaction.Of(text).Length, 1, text.Length);
        Assert.NotNull(Redaction.Of(new string('a', 100_000) + "@"));
    }
}
