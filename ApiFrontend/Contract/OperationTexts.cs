namespace SoonShop.ApiFrontend.Contract;

/// <summary>Descriptions of tags and operations for the OpenAPI document. Every new route needs its text here.</summary>
internal static class OperationTexts
{
    /// <summary>The tags, in the order of the document.</summary>
    public static readonly IReadOnlyDictionary<string, string> Tags = new Dictionary<string, string>(
        PricingTexts.Tags, StringComparer.Ordinal)
    {
        ["Accounts"] = "Registration, sign-in, and the account of the signed-in customer.",
        ["Privacy"] = "Export and erasure of everything that is stored about a customer.",
        ["Catalogue"] = "Products: search for everybody, changes for administrators.",
        ["Admin: search"] = "Synonyms of the search, and searches that found nothing.",
        ["Product groups"] = "Products with variants: what the variants have in common, with texts in several languages.",
        ["Images"] = "Files of uploaded images, for everybody.",
        ["Cart"] = "The cart of a customer or guest.",
        ["Orders"] = "Checkout, and the orders of a customer or guest.",
        ["Returns"] = "Goods that a customer or guest sends back.",
        ["Payments"] = "Payments of orders, and the webhooks of the payment provider.",
        ["Notifications"] = "The inbox of a customer, and on which channels the shop notifies.",
        ["Admin: stock"] = "Stock levels and their movements.",
        ["Admin: orders"] = "Shipping, delivery, capture and refunds of all orders.",
        ["Admin: draft orders"] = "Orders that staff writes for customers, with own prices, and a mailed link that pays.",
        ["Admin: returns"] = "What the shop decides about returns, what arrived of them, and their refunds.",
        ["Admin: payments"] = "Reconciliation of the shop's payments with the payment provider's.",
        ["Admin: webhooks"] = "Endpoints to which the shop posts its events.",
        ["Admin: events"] = "Statistics of events, failed attempts of handlers, and dead letters.",
        ["Admin: users"] = "Roles of accounts, groups of customers, and tax exemptions.",
        ["Admin: API keys"] = "Keys with which programs call the API.",
        ["Admin: audit log"] = "Who did what, when and from where.",
        ["Admin: log levels"] = "Temporary log levels of all processes.",
        ["Admin: images"] = "Uploads of images for products and product groups.",
        ["Admin: imports"] = "Imports of CSV files: upload, dry run, application, results.",
        ["Admin: exports"] = "Exports as CSV, which spreadsheets and imports read.",
        ["Service"] = "Health of this front end, and the public keys of access tokens.",
    };

    /// <summary>The operations by id.</summary>
    public static readonly IReadOnlyDictionary<string, string> Operations = new Dictionary<string, string>(
        PricingTexts.Operations, StringComparer.Ordinal)
    {
        ["createImportJob"] = "Stores the file (UTF-8, separated by comma, semicolon or tab; also gzip by `Content-Encoding`) and begins a "
            + "dry run, which changes nothing. Read the job until its status is `checked`.",
        ["listImportJobs"] = "Lists the imports until they are deleted.",
        ["getImportJob"] = "Returns the status, the progress, and the rows by outcome.",
        ["applyImportJob"] = "Applies a checked file in the background: read the job until its status is `done`. An import that failed "
            + "while it was applied goes on where it was. Rows that are applied already are not applied again.",
        ["cancelImportJob"] = "Ends an import. Rows that were applied before stay applied.",
        ["getImportResults"] =
            "A row for each line of the file that is not unchanged: of the dry run or, once the file is applied, of that.",
        ["exportProducts"] = "All products with their variants, with the columns of the import `products`. Its import changes nothing.",
        ["exportStock"] = "The stock of each product, with the columns of the import `stock`.",
        ["exportPrices"] = "All prices of each product, with the columns of the import `prices`.",
        ["exportOrders"] = "A row for each line of the orders placed in a period, oldest first. It is recorded in the audit log.",
        ["exportCustomers"] = "The accounts of customers and administrators. It is recorded in the audit log.",
        ["exportCodes"] = "The generated codes of a promotion, and which of them are used.",
        ["uploadMedia"] = "Stores an image (PNG, JPEG or WebP, as `Content-Type` says) as WebP in some widths, upright and without "
            + "metadata. The body is the file itself. The same file again is the same image: 200 instead of 201.",
        ["listMedia"] = "Lists the uploaded images until they are removed.",
        ["getMedia"] = "Returns an uploaded image with the URLs of its files.",
        ["removeMedia"] = "Removes an image with its files. 409 `conflict` while a product or a product group has it, and for a minute "
            + "after one got it.",
        ["getMediaFile"] = "Returns an image as WebP in one of its widths. It never changes: caches may keep it for a year.",
        ["register"] = "Creates an account with the role `customer`, signs it in, and mails a token that verifies the address.",
        ["login"] = "Returns an access token and a refresh token. "
            + "With `cartId`, the lines of that guest's cart are added to the customer's. "
            + "Send `deviceToken` of an earlier sign-in, so that wrong passwords from elsewhere do not delay this device.",
        ["refreshSession"] = "Returns a new access token and a new refresh token. A refresh token is valid once; using it again ends "
            + "the session.",
        ["logout"] = "Ends the session of the refresh token. A token that is not valid is answered the same.",
        ["forgotPassword"] = "Mails a token to the address if it belongs to an account. The answer is the same if it does not.",
        ["resetPassword"] = "Sets a new password with the token from the mail, and ends all sessions of the account.",
        ["verifyEmail"] = "Marks the e-mail address as verified, with the token from the mail.",
        ["requestEmailVerification"] = "Mails another token. 409 `conflict` when the address is verified already.",
        ["confirmEmailChange"] = "Makes the new address the address of the account, with the token that was mailed to it, and ends "
            + "all other sessions.",
        ["undoEmailChange"] = "Stops a change before it is confirmed, or undoes it, with a token that was mailed to the former address. "
            + "It ends all sessions, makes the password invalid, and mails a token to set a new one.",
        ["getProfile"] = "Returns the profile of the signed-in user.",
        ["updateProfile"] = "Changes the members that the body names. The others stay.",
        ["changePassword"] = "Sets a new password and ends all other sessions.",
        ["changeEmail"] = "Mails a token to the new address to confirm the change, and one to the present address to stop it. "
            + "409 while an earlier change can be undone.",
        ["listAddresses"] = "Returns all saved addresses.",
        ["addAddress"] = "Saves an address. It is checked by the rules of its country.",
        ["replaceAddress"] = "Replaces a saved address. Orders keep the address that they were placed with.",
        ["removeAddress"] = "Removes a saved address. Orders keep the address that they were placed with.",
        ["listPaymentMethods"] = "Returns the payment methods that the payment provider has saved for the customer, newest first.",
        ["removePaymentMethod"] = "Removes a payment method at the payment provider.",
        ["listSessions"] = "Returns the open sessions, at most 20.",
        ["endOtherSessions"] = "Ends all sessions but the one that the request is made with.",
        ["endSession"] = "Ends a session. Its access token is refused within seconds, its refresh token at once.",
        ["exportAccount"] = "Streams one JSON file with profile, addresses, sessions, preferences, cart, orders, notifications, audit "
            + "log and events.",
        ["eraseAccount"] = "Starts the erasure of the account and all personal data that need not be kept. "
            + "The account can no longer sign in. "
            + "409 while orders are open, and for administrators.",
        ["getErasure"] = "Tells whether an erasure is done. The id is in the answer that started it.",
        ["searchProducts"] = "Finds products on sale by words, category, family, price and stock, with the number of matches by "
            + "category and price band. Filter by attributes with parameters that are called `attr.` and the attribute's name, such as "
            + "`attr.colour=blue&attr.colour=red&attr.size=L`: each attribute must have one of its values, compared exactly; at most 20 "
            + "values. With `attributeFacets=true`, matches are also counted by attribute; a facet ignores its own filter.",
        ["suggestProducts"] = "Returns categories and products on sale whose names have a word that begins with the text, categories "
            + "first. From four characters on, a typing error is tolerated. Of a product group, one product is suggested.",
        ["listRelatedProducts"] = "Returns products on sale that customers bought together with this one, the most frequent first, then "
            + "those of its category that are closest by price and name. At most one of a product group, and none of the product's own.",
        ["listSynonyms"] = "Lists the sets of synonyms by id.",
        ["createSynonyms"] = "Adds a set of synonyms: `terms` that all find the same products, or terms `from` that also find the products "
            + "of terms `to`. It is in force in the next search. The same set sent again is answered the same. A term can have synonyms in "
            + "one set only: 409.",
        ["getSynonyms"] = "Returns a set of synonyms.",
        ["replaceSynonyms"] = "Replaces a set of synonyms. The same body again changes nothing.",
        ["removeSynonyms"] = "Removes a set of synonyms. The next search is without it.",
        ["listSearchMisses"] = "Returns texts that shoppers searched for, without filters, and that found nothing, with their number in "
            + "the days of the period. They are written a few seconds after the search. Texts that look like an e-mail address or a phone, "
            + "card or account number are not recorded.",
        ["getProduct"] = "Returns a product with its availability. Archived products are found too; drafts only by administrators and "
            + "API keys with `catalog:write`.",
        ["createProduct"] = "Creates a product. With `active: false` it is a draft, and with `publishAt`, too, it goes on sale at that "
            + "time. The same product sent again is answered the same.",
        ["replaceProduct"] = "Replaces the whole product: what the body leaves out becomes empty, except `active`, "
            + "`weightGrams`, `sizeClass`, `taxCategory`, `requiresShipping`, `compareAtPrice`, `barcode`, `cost`, `options`, "
            + "`position` and `publishAt`, which stay.",
        ["updateProduct"] = "Applies a JSON merge patch (RFC 7396): `null` removes a member, members that are left out stay.",
        ["archiveProduct"] = "Takes the product out of sale. It stays readable, for old orders.",
        ["getProductGroup"] = "Returns what the variants of a product have in common, in the client's language, and the variants on sale. "
            + "Products without a family are groups of one variant; their id is the SKU in lower case.",
        ["listProductGroups"] = "Lists the groups whose content is stored, by id.",
        ["getProductGroupContent"] = "Returns the content with all translations, and all variants. Without stored content, it follows from "
            + "the variants.",
        ["createProductGroup"] = "Stores the content of a new group. Products become its variants by their `family`, which is the group's "
            + "id. The same group sent again is answered the same.",
        ["replaceProductGroup"] = "Replaces the content of a group: what the body leaves out becomes empty. For a group that follows from "
            + "its variants, the content is stored. The same body again changes nothing.",
        ["removeProductGroup"] = "Removes the stored content. The variants stay on sale, and the group follows from them again.",
        ["getStock"] = "Returns units on hand, reserved and available, in all and at each location. The ETag is that of the default "
            + "location.",
        ["setStockThreshold"] = "Sets the number of available units at which stock counts as low and the administrators are notified.",
        ["adjustStock"] = "Adds or removes units of a location. Reserved units cannot be removed.",
        ["listStockMovements"] = "Returns every change of the stock at a location: adjustments, reservations, releases, sales, returns and "
            + "transfers.",
        ["listStockTransfers"] = "Returns transfers, also those that have ended.",
        ["createStockTransfer"] = "Takes the units from one location, all of them or none. They are in transit until they are received. "
            + "409 `conflict` when units are not available; then nothing is moved.",
        ["getStockTransfer"] = "Returns a transfer with what is still in transit of each line.",
        ["receiveStockTransfer"] = "Adds what arrived to the stock of the second location, in one or several parts. Lost units are added "
            + "nowhere. Without `lines`, everything that is in transit has arrived.",
        ["cancelStockTransfer"] = "Adds the units that are still in transit to the stock of the location that they came from.",
        ["countStock"] = "Sets the units on hand of each line to what was counted, and records the difference in the ledger. Each line "
            + "stands by itself: one that is refused, because fewer units were counted than are reserved, has its `problem`.",
        ["openCart"] = "Creates a cart for a guest; its id is the credential for `X-Cart-Id`. For a customer, returns the customer's cart.",
        ["getProductPrices"] = "Returns the prices of a product in other currencies, in price lists and for larger quantities.",
        ["setProductPrices"] = "Replaces the prices of a product in other currencies, in price lists and for larger quantities. "
            + "The base price in the shop's currency is the product's `price`.",
        ["setCartDestination"] = "Stores where the cart is to be sent, as far as prices depend on it. From then on the prices of the cart "
            + "contain shipping and tax.",
        ["removeCartDestination"] = "Forgets the destination. The prices of the cart are then without shipping and tax.",
        ["setCartShippingMethod"] = "Chooses a shipping method. `POST /cart/shipping-options` lists them.",
        ["removeCartShippingMethod"] = "Removes the choice: the cheapest method that delivers is used.",
        ["addCartCode"] = "Enters a promotion code, in upper or lower case. A code that does not apply now is stored, too, and "
            + "`prices.refusedCodes` says why. An order is refused while a code of its cart does not apply.",
        ["removeCartCode"] = "Removes a promotion code.",
        ["setCartCurrency"] = "Switches the currency and prices the cart anew. Products without a price in that currency cannot be bought.",
        ["quoteCart"] = "Returns the cart as it would be with another destination, shipping method, codes or currency. Nothing is stored.",
        ["listCartShippingOptions"] = "Returns the shipping methods with their prices for this cart, and for those that cannot be chosen "
            + "the reason.",
        ["getCart"] = "Returns the lines with current prices and availability. `previousUnitPrice` tells of a price that has changed.",
        ["clearCart"] = "Removes all lines.",
        ["setCartItem"] = "Sets the units of a product, 0–999; 0 removes the line.",
        ["removeCartItem"] = "Removes the line of a product. A line that is not there is answered the same.",
        ["mergeCart"] = "Adds the lines of a guest's cart to the customer's. Orders of that cart that are open or recent go to the "
            + "account, too. 503 while one is being placed.",
        ["placeOrder"] = "Orders the content of the cart: reserves the stock, pays, and confirms. "
            + "An unpaid earlier order of the cart is cancelled first, and its payment voided. "
            + "If the payment provider says that the earlier order is paid, it is the answer, and no other order is made.",
        ["listOrders"] = "Returns the orders of the customer or of the guest's cart.",
        ["getOrder"] = "Returns an order with its lines, totals, payment and timeline.",
        ["watchOrder"] = "Server-sent events: `status` for each change, `heartbeat` every 8 seconds. "
            + "It ends after 15 minutes; connect again with `Last-Event-ID`. "
            + "204 when the order has ended and all events were seen.",
        ["lookUpOrder"] = "Mails a link to the order, if there is one with this number and e-mail address. The answer is the same if there "
            + "is none. The link has a token for `X-Order-Token` that opens a guest's order for some hours; an order that was placed with "
            + "an account needs its sign-in.",
        ["payOrder"] = "Pays an order that is `awaitingPayment` with another payment method.",
        ["cancelOrder"] = "Cancels an order of which nothing is shipped, and refunds what was captured. With `lines`, cancels units that "
            + "are not shipped: they return to stock, and their share of the price is refunded.",
        ["requestReturn"] = "Asks to send shipped units back, until `Returns:WindowDays` after their delivery. The new return is the last "
            + "one of the order. Wait until it is `approved` before you send anything.",
        ["cancelReturn"] = "Cancels a return that has not arrived. Its units can be returned again.",
        ["moveOrderUnits"] = "Moves units that are not shipped to another location's stock. They stay reserved where they are until the "
            + "other location has reserved them. 409 `out-of-stock` when it does not have them; then nothing moves.",
        ["createShipment"] = "Hands a parcel to a carrier: the units of `lines`, or all that are left to ship. They leave the stock, and "
            + "the customer is notified. With manual capture, captures the payment of all units that are not cancelled with the first "
            + "parcel. The order is `shipped` when no unit is left to ship.",
        ["correctShipment"] = "Changes the carrier or the tracking number. The customer is not notified.",
        ["deliverShipment"] = "Records the delivery of one parcel. The order is `delivered` with its last parcel.",
        ["getPackingSlip"] = "Returns a page to print and put into the parcel: the address and the units, without prices.",
        ["approveReturn"] = "Lets the buyer send the goods. The buyer gets the note, such as how to send them.",
        ["refuseReturn"] = "Refuses a return that has not arrived. The buyer gets the note.",
        ["receiveReturn"] = "Records what arrived of each line. Good units return to stock unless `restock` says less; the other units "
            + "that arrived are written off. Missing units are not refunded and can be returned later.",
        ["refundReturn"] = "Refunds what arrived: its share of what was paid, less `fee`, and the shipping costs when every unit of the "
            + "order came back. Never more than is left of the captured amount. A return is refunded once.",
        ["exchangeReturn"] = "Places a new order for the buyer, which what arrived of the return pays for, less `fee`. Its id is in "
            + "`Location` and in `exchanges`. If it costs more, the buyer is mailed a link to pay the difference; if it costs less, the "
            + "rest is refunded. Until the new order is paid, the return waits; cancel the new order to end the exchange.",
        ["editOrder"] = "Places a new order for the buyer, in exchange for `cancel`: units that are not shipped. If it costs more, "
            + "the buyer is mailed a link to pay the difference; if it costs less, the rest is refunded. The units are cancelled once the "
            + "new order is paid, and cannot be shipped until then. Its id is in `Location` and in `exchanges`.",
        ["quoteOrderEdit"] = "Returns what an edit would cost now: the value of the units, the quote of the new lines, and what would be "
            + "paid or refunded. Nothing is stored.",
        ["quoteExchange"] = "Returns what an exchange would cost now: the value of what arrived, the new order's quote, and what would be "
            + "paid or refunded. Nothing is stored.",
        ["getPayment"] = "Returns a payment. Its id is the order's. The buyer gets `clientSecret` while the payment waits for the "
            + "customer.",
        ["authenticatePayment"] = "Plays the customer who authenticates with the bank. With another payment provider it is 404.",
        ["acceptStripeEvent"] = "Stores an event with a valid signature once. 200 also for an event that is known or not used.",
        ["listNotifications"] = "Returns the inbox, with the number of unread notifications.",
        ["readNotification"] = "Marks one notification as read. Repeating it changes nothing.",
        ["readAllNotifications"] = "Marks all notifications as read.",
        ["getNotificationPreferences"] = "Returns for each kind of notification which channels are on, and which cannot be switched off.",
        ["setNotificationPreferences"] = "Replaces the choices. Kinds and channels that the body leaves out take their defaults.",
        ["listAllOrders"] = "Filters by status, status of returns, customer, number, e-mail address, SKU and time. Orders whose "
            + "checkout is still under way are not found by address and SKU.",
        ["updateOrder"] = "Changes the e-mail address or the shipping address; what is left out stays. The prices of the order stay, too: "
            + "an address in another country, or in a place with other taxes or shipping prices, is 409 `conflict`. The shipping address "
            + "can be changed until a parcel leaves, and the e-mail address in every status. The customer is not notified. Links that were "
            + "mailed to the former e-mail address do not open the order any more, and an account that got it because of that address "
            + "loses it.",
        ["shipOrder"] = "Records the handover of all units that are left to a carrier; with `location`, of those that are left there. "
            + "Notifies the customer. With manual capture, captures the payment first.",
        ["deliverOrder"] =
            "Records the delivery of all parcels. Without it, an order becomes `delivered` after `Checkout:DeliveredAfterDays`.",
        ["captureOrder"] = "Captures all of the authorized amount or, with `amount`, part of it; the rest is released.",
        ["refundOrder"] = "Refunds exactly one of `amount`, `lines` and `full: true`. Units that were not shipped return to stock.",
        ["listDraftOrders"] = "Returns draft orders without their quotes. `total` is that of the last change.",
        ["createDraftOrder"] = "Stores an order for an account or a guest, and returns it with its quote: taxes, promotions and "
            + "shipping as in a cart, with your own prices where you give them. Price lists do not change own prices. What stands in the "
            + "way of the order is in `quote.prices.problems`.",
        ["getDraftOrder"] = "Returns a draft order, with what it costs now or, once it is sent, what its order costs.",
        ["replaceDraftOrder"] = "Replaces everything in an open draft order. It is valid again for `validDays` from now on.",
        ["cancelDraftOrder"] = "Cancels an open draft order. One that was sent is an order, which is cancelled as any other.",
        ["sendDraftOrder"] = "Places the order at the prices of now, reserves its stock until `validUntil`, and mails the customer a link "
            + "by which it is paid; customers with an account can also sign in and pay. An order without costs is confirmed at once. A "
            + "sent draft order is returned as it is. When the order cannot be placed, the draft order stays open.",
        ["listPaymentDiscrepancies"] = "Returns differences between the shop's payments, the provider's and the orders that "
            + "reconciliation could not settle, or has resolved.",
        ["getReconciliation"] = "Returns the result of the last run, and when the next is due.",
        ["reconcilePayments"] = "Starts a run as soon as possible. One that is running starts again from where it is.",
        ["listWebhooks"] = "Returns all endpoints, without their secrets.",
        ["createWebhook"] = "Adds an endpoint and returns its signing secret, which is not shown again. Events that are committed "
            + "after the answer are posted to it.",
        ["getWebhook"] = "Returns an endpoint, without its secret.",
        ["deleteWebhook"] = "Removes an endpoint. Events that are still to be posted to it are dropped.",
        ["enableWebhook"] = "Enables an endpoint that was disabled after failures. Replay its dead letters to post what it has missed.",
        ["testWebhook"] = "Posts an event of the type `webhook.test`, whose data has the endpoint's id, whatever event types the endpoint "
            + "wants. It is delivered like any other event: it is retried, and its attempts are listed.",
        ["resendWebhookEvent"] = "Posts an event that the endpoint receives again, with the same id, whether or not it was delivered. "
            + "The event must still be stored, see `Events:RetentionDays`. Members that were erased meanwhile are missing.",
        ["listWebhookDeliveries"] = "Returns each attempt with its HTTP status, duration, error and, unless the answer was 2xx, the "
            + "beginning of the answer. An attempt is listed within about a second. The log is kept for "
            + "`Notifications:Webhooks:LogRetentionDays`, and it may lack the last attempts of a silo that died.",
        ["getEventStats"] = "Counts published, delivered, failed, retried and dead-lettered events in the last minutes, and describes "
            + "the queues.",
        ["listEventErrors"] = "Returns failed attempts with class, exception, message, stack, silo and trace id.",
        ["resolveEventError"] = "Marks a failed attempt as resolved. A later success does the same.",
        ["listDeadLetters"] = "Returns the open dead letters; with `resolved`, those that are or are not resolved; with `groupBy`, "
            + "their numbers in groups.",
        ["getDeadLetter"] = "Returns the data of the event and up to 30 attempts.",
        ["replayDeadLetter"] = "Hands the event to its handler again, soon. A success resolves the dead letter.",
        ["replayDeadLetters"] = "Replays up to 20,000 dead letters in one request, the oldest first; `{}` matches all open ones. "
            + "`remaining` tells how many are left.",
        ["discardDeadLetter"] = "Discards a dead letter for good.",
        ["getUserRoles"] = "Returns the roles of an account.",
        ["setUserRoles"] = "Replaces the roles. Administrators cannot take the role from themselves.",
        ["listApiKeys"] = "Returns all keys that are not revoked, without their secrets.",
        ["createApiKey"] = "Creates a key with scopes and returns it once. Only a digest of it is stored.",
        ["getApiKey"] = "Returns a key, without its secret.",
        ["revokeApiKey"] = "Ends a key for good. Every front end refuses it within seconds.",
        ["listAuditLog"] = "Returns administrative and security-relevant acts, with the state before and after. `action` may end in "
            + "`*` to match a prefix.",
        ["getLogLevels"] = "Returns the levels that differ from the configuration, and until when.",
        ["setLogLevels"] = "Sets log levels by category in every process for some minutes. An empty `levels` restores the configuration.",
        ["getKeys"] = "Returns the public keys (JSON Web Key Set, RFC 7517) with which other services verify access tokens.",
        ["getLiveness"] = "200 as long as the process runs.",
        ["getReadiness"] = "200 when a silo of the cluster and the database answer, otherwise 503.",
    };
}
