namespace SoonShop;

/// <summary>A translation that comes with an error, for a text that the front end does not have.</summary>
/// <param name="Language">The primary language tag, such as <c>zh</c>.</param>
/// <param name="English">The English text.</param>
/// <param name="Text">The same in the language.</param>
[GenerateSerializer, Immutable, Alias("soonshop.translation")]
public sealed record Translation(string Language, string English, string Text);
